import { isIPv6 } from 'node:net'

/**
 * What stands for whoever is behind `address` when attempts are counted: an IPv4 address itself, and of an
 * IPv6 address the first 64 bits, since one line has all the addresses behind them.
 */
export function clientNetwork(address: string): string {
  const [plain = ''] = address.split('%', 1)
  if (!isIPv6(plain)) return plain
  const mapped = /^::ffff:(?<v4>[\d.]+)$/i.exec(plain)?.groups?.['v4']
  if (mapped !== undefined) return mapped
  // The URL parser writes an address in its shortest form, without dots.
  const [head = '', tail] = new URL(`http://[${plain}]`).hostname.slice(1, -1).split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':')
    while (groups.length + rest.length < 8) groups.push('0')
  }
  return `${groups.slice(0, 4).join(':')}::/64`
}
