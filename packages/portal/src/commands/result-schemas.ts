import { z } from 'zod'

/** What commands show of a user that an action returned. */
export const UserRow = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  fullname: z.string().nullable(),
  sysadmin: z.boolean(),
  state: z.string(),
  created: z.string(),
})
export type UserRow = z.output<typeof UserRow>

/** A token that an action made. */
export const NewToken = z.object({ token: z.string(), id: z.string() })
