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
  RouteTakenError,
  TypeNameError,
  TypeTakenError,
} from './blueprint-errors.ts'
export { HostUnusableError, PortDeniedError, PortInvalidError, PortTakenError } from './server-errors.ts'

// Mail
export { Mailer, type Mail } from './mail/mailer.ts'
export { createMailer, type MailerOptions, type OwnMailer } from './mail/create-mailer.ts'
export { MailError, MailUrlError } from './mail/mail-errors.ts'

// Actions
export { chained, type Chained, type Contribution } from './chained.ts'
export { NothingToChainError } from './contributions.ts'
export type { Action, ActionContext, Actor } from './actions/action.ts'
export type { Caller } from './action-calls.ts'
export {
  ActionError,
  NotAuthorizedError,
  NotFoundError,
  SearchConnectionError,
  SearchQueryError,
  ValidationError,
  type ActionFailure,
  type FieldProblems,
} from './action-errors.ts'
export type { Parameters } from './request-parameters/json-parameters.ts'
export { UploadedFile } from './request-parameters/uploaded-file.ts'
export { Portal } from './portal.ts'
export { IActions } from './interfaces/iactions.ts'
export { IAuthFunctions, type AuthFunction, type AuthOutcome } from './interfaces/iauth-functions.ts'
export { IBlueprint } from './interfaces/iblueprint.ts'
export { createBlueprint } from './create-blueprint.ts'
export { IMiddleware } from './interfaces/imiddleware.ts'
export { INotifier, type Notification } from './interfaces/inotifier.ts'
export { IPackageController, PackageController, type DatasetDict } from './interfaces/ipackage-controller.ts'
export {
  IResourceController,
  ResourceController,
  type ResourceDict,
} from './interfaces/iresource-controller.ts'
export {
  ITemplateHelpers,
  type PageView,
  type TemplateHelper,
  type TemplateHelpers,
  type TemplateHelperTypes,
  type UserDict,
} from './interfaces/itemplate-helpers.ts'
export { Invalid, IValidators, type Validator } from './interfaces/ivalidators.ts'
export { apiTime } from './api-time.ts'
export { resourceName } from './resource-name.ts'
export { html, type Html, type HtmlValue } from './html.ts'

// Signals
export * from './portal-signals.ts'

// Models
export { ApiToken } from './entities/api-token.ts'
export { Dataset, type Extra } from './entities/dataset.ts'
export { Member, type Capacity } from './entities/member.ts'
export { Organization } from './entities/organization.ts'
export { PasswordReset } from './entities/password-reset.ts'
export { Resource } from './entities/resource.ts'
export { User } from './entities/user.ts'

// Storage
export type { FileStorage } from './storage/file-storage.ts'
