/** The longest text of an event, in characters. A payload that is stored has a limit, and clients set none for what they write. */
const LONGEST = 1000

/** `text` as an event has it: the beginning of one that is very long. */
export function eventText(text: string): string {
  return text.length <= LONGEST ? text : text.slice(0, LONGEST).toWellFormed()
}
