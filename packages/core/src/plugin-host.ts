import type { Host, HostOptions } from './host.ts'
export class PluginHost {
  static async create(options: HostOptions): Promise<Host> { throw new Error(String(options)) }
}
