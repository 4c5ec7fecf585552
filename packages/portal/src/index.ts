// The plugin
export { default } from './portal-plugin.ts'
export { PortalApplication } from './portal-application.ts'

// What other plugins can implement
export { IDatasetForm } from './interfaces/idataset-form.ts'
export { IGroupForm } from './interfaces/igroup-form.ts'

// Errors
export {
  BlueprintResponseError,
  BlueprintRouteError,
  TypeNameError,
  TypeTakenError,
} from './blueprint-errors.ts'
export { HostUnusableError, PortDeniedError, PortInvalidError, PortTakenError } from './server-errors.ts'
