import { ValidationError } from '../../action-errors.ts'

/** Somebody else has written the dataset, or the resource, since the caller read it. */
export function conflict(): ValidationError {
  return new ValidationError({
    metadata_modified: ['Somebody else has changed this. Read it again, and make your change to that.'],
  })
}
