import { z } from 'zod'

/** A user, as far as core knows one. */
export const User = z.object({ id: z.string(), name: z.string() }).readonly()
export type User = z.output<typeof User>

/** A payload with nothing in it. */
export const Nothing = z.object({}).readonly()
export type Nothing = z.output<typeof Nothing>

/** An HTTP request, without what may hold secrets: no headers, no query string, no body. */
export const HttpRequest = z
  .object({
    /** Unique in the process. */
    id: z.string(),
    method: z.string(),
    /** The path as it was asked for, without the query string. */
    path: z.string(),
    remoteAddress: z.string(),
  })
  .readonly()
export type HttpRequest = z.output<typeof HttpRequest>

/** An HTTP response, as it goes out. */
export const HttpResponse = z
  .object({
    statusCode: z.number(),
    /** From the arrival of the request to the start of the answer, in milliseconds. */
    durationMs: z.number(),
  })
  .readonly()
export type HttpResponse = z.output<typeof HttpResponse>

export const RequestStarted = z.object({ request: HttpRequest }).readonly()
export const RequestFinished = z.object({ request: HttpRequest, response: HttpResponse }).readonly()
export const UserEvent = z.object({ user: User }).readonly()

export const FailedLogin = z
  .object({
    reason: z.enum(['unknown_user', 'inactive_user', 'wrong_password', 'throttled']),
    remoteAddress: z.string(),
  })
  .readonly()

/** An action that ran through the action API. Parameters that are secret are left out. */
export const ActionSucceed = z
  .object({
    /** Who called it; null for nobody in particular. */
    actor: User.nullable(),
    dataDict: z.record(z.string(), z.unknown()).readonly(),
    result: z.unknown(),
    /** The identifiers of the datasets that the action changed. */
    changed: z.array(z.string()).readonly(),
  })
  .readonly()

export const DatastoreUpsert = z
  .object({
    method: z.enum(['upsert', 'insert', 'update']),
    records: z.array(z.record(z.string(), z.unknown()).readonly()).readonly(),
    /** How many records were written. */
    count: z.number(),
  })
  .readonly()

export const DatastoreDelete = z
  .object({
    reason: z.enum(['datastore_delete', 'datastore_records_delete', 'resource_delete', 'resource_update']),
    /** What chose the rows; null when the table went as a whole. */
    filters: z.unknown(),
    deletedCount: z.number(),
    tableDropped: z.boolean(),
  })
  .readonly()
