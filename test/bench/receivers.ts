/**
 * Receivers that do next to nothing, but really do it: they count what they
 * hear. Ten functions are written out because the engine treats closures of one
 * literal as one function and would put it in place of the call.
 */

export interface Beat {
  readonly beats: number
}

let heard = 0

/** How many beats were heard since the last call. */
export function takeHeard(): number {
  const count = heard
  heard = 0
  return count
}

/** Called with a sender and a payload. */
export const receivers: readonly ((sender: string, payload: Beat) => void)[] = [
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
  (_sender, { beats }) => void (heard += beats),
]

/** The same for emitters that pass one argument only. */
export const listeners: readonly ((payload: Beat) => void)[] = [
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
  ({ beats }) => void (heard += beats),
]

/** Any number of receivers, where it is who is connected that matters and not the call. */
export function manyReceivers(count: number): ((sender: unknown, payload: Beat) => void)[] {
  return Array.from(
    { length: count },
    () =>
      (_sender: unknown, { beats }: Beat) =>
        void (heard += beats),
  )
}
