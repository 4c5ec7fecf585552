import { DatastoreInputError } from './datastore-input-error.ts'

/**
 * Pass on the bytes of `text` as they are, as long as they are UTF-8. Other encodings are not guessed: a wrong guess
 * would store wrong letters, and nobody would see that before the file is gone.
 *
 * @throws DatastoreInputError for `upload` at the first byte that is not UTF-8.
 */
export async function* checkedUtf8(
  text: AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for await (const bytes of text) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('The text of a file is read in bytes.')
    decodeWith(() => decoder.decode(bytes, { stream: true }))
    yield bytes
  }
  decodeWith(() => decoder.decode())
}

function decodeWith(decode: () => string): void {
  try {
    decode()
  } catch (cause) {
    const message = 'The file is not in UTF-8. Save it in UTF-8 and upload it again.'
    throw new DatastoreInputError({ upload: [message] }, { cause })
  }
}
