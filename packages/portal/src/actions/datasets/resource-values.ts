import { extname } from 'node:path'

import mime from 'mime'

import type { Resource } from '../../entities/resource.ts'
import type { UploadedFile } from '../../request-parameters/uploaded-file.ts'
import type { ResourceInput } from './dataset-schema.ts'
import { spelledFormat } from './resource-format.ts'

/** What is written of a resource. */
export interface ResourceValues extends ResourceContent {
  readonly name: string | null
  readonly description: string | null
  readonly format: string
  readonly extras: Readonly<Record<string, unknown>>
}

/** The part of a resource that says what it is: its file, or its link. */
interface ResourceContent {
  readonly url: string
  readonly urlType: string | null
  readonly fileId: string | null
  readonly mimetype: string | null
  readonly size: number | null
  readonly hash: string | null
  readonly lastModified: Date | null
}

/** Keys that are not for clients to say, or that have a column. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'id',
  'package_id',
  'position',
  'state',
  'created',
  'metadata_modified',
  'upload',
  'clear_upload',
  'url',
  'url_type',
  'name',
  'description',
  'format',
  'mimetype',
  'hash',
  'size',
  'last_modified',
])

/** What is to be written for `input`, in place of `stored` if there is that. */
export function resourceValues(input: ResourceInput, stored: Resource | undefined): ResourceValues {
  const content = contentOf(input, stored)
  return {
    ...content,
    name: input.name,
    description: input.description,
    format: spelledFormat(input.format ?? guessedFormat(content)),
    extras: Object.fromEntries(
      Object.entries(input).filter(
        ([key, value]) => !OWN_KEYS.has(key) && value !== null && value !== undefined,
      ),
    ),
  }
}

/** Another file, what is stored, or a link. Without a URL a resource keeps what it has. */
function contentOf(input: ResourceInput, stored: Resource | undefined): ResourceContent {
  if (input.upload !== null) return uploaded(input.upload)
  if (stored?.urlType === 'upload' && (input.url === null || isLinkTo(stored, input.url))) {
    return storedContent(stored)
  }
  const url = input.url ?? stored?.url ?? ''
  // There are no uploads without a file: such a resource was copied from another site, and links to it.
  const urlType =
    input.url_type === undefined && input.url === null ? (stored?.urlType ?? null) : input.url_type
  return {
    url,
    urlType: urlType === 'upload' ? null : (urlType ?? null),
    fileId: null,
    mimetype: input.mimetype ?? mime.getType(pathOf(url)),
    size: input.size,
    hash: input.hash,
    lastModified: input.last_modified,
  }
}

/** What is written of `stored` already. */
export function storedValues(stored: Resource): ResourceValues {
  const { name, description, format, extras } = stored
  return { ...storedContent(stored), name: name ?? null, description: description ?? null, format, extras }
}

function storedContent(stored: Resource): ResourceContent {
  const { url, urlType, fileId, mimetype, size, hash, lastModified } = stored
  return {
    url,
    urlType: urlType ?? null,
    fileId: fileId ?? null,
    mimetype: mimetype ?? null,
    size: size ?? null,
    hash: hash ?? null,
    lastModified: lastModified ?? null,
  }
}

function uploaded({ id, filename, mimetype, size, hash }: UploadedFile): ResourceContent {
  const url = encodeURIComponent(filename)
  return { url, urlType: 'upload', fileId: id, mimetype, size, hash, lastModified: new Date() }
}

/** Whether `url` is that of the file of `stored`, wherever the site was when it was given out. */
function isLinkTo({ id, url: file }: Resource, url: string): boolean {
  return url === file || url.endsWith(`/resource/${id}/download/${file}`)
}

/** From the name's ending; nothing for links to what may be a page. */
function guessedFormat({ url, urlType }: ResourceContent): string {
  const path = urlType === 'upload' ? url : pathOf(url)
  const known = urlType === 'upload' || mime.getType(path) !== null
  return known ? extname(path).slice(1).toUpperCase() : ''
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : ''
}
