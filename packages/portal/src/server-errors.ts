import { AldisError } from '@aldis/core'

/** Another process listens at the address already. */
export class PortTakenError extends AldisError {
  readonly code = 'PORT_TAKEN'
  readonly host: string
  readonly port: number

  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `Port ${port} of ${host} is taken. Stop what listens there, or choose another: ` +
        `PORT=${port < 65_535 ? port + 1 : port - 1}, or settings.portal.port in the configuration.`,
      options,
    )
    this.host = host
    this.port = port
  }
}

/** The system does not let this user listen at the port. */
export class PortDeniedError extends AldisError {
  readonly code = 'PORT_DENIED'
  readonly host: string
  readonly port: number

  constructor(host: string, port: number, options?: ErrorOptions) {
    super(
      `This user may not listen at port ${port} of ${host}. Choose a port from 1024 up: PORT=5000, ` +
        `or settings.portal.port in the configuration; or let a proxy listen there.`,
      options,
    )
    this.host = host
    this.port = port
  }
}

/** `PORT` in the environment is no port. */
export class PortInvalidError extends AldisError {
  readonly code = 'PORT_INVALID'
  readonly value: string

  constructor(value: string) {
    super(`PORT=${JSON.stringify(value)} is not a port. Use a whole number from 0 (any free port) to 65535.`)
    this.value = value
  }
}

/** Nothing can listen at the host name: it is unknown, or another machine's. */
export class HostUnusableError extends AldisError {
  readonly code = 'HOST_UNUSABLE'
  readonly host: string

  constructor(host: string, reason: string, options?: ErrorOptions) {
    super(
      `The portal cannot listen at ${JSON.stringify(host)} (${reason}). Use an address of this machine: ` +
        `HOST=127.0.0.1 for this machine alone, HOST=0.0.0.0 for everyone, or settings.portal.host in the configuration.`,
      options,
    )
    this.host = host
  }
}

/** Something of the portal is used before the host has started. */
export class PortalNotStartedError extends AldisError {
  readonly code = 'PORTAL_NOT_STARTED'

  constructor() {
    super('The portal has not started: its secret is not read yet. Call host.start() first.')
  }
}
