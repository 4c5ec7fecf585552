const HOURS = 48
/** From one high water to the next. */
const PERIOD_HOURS = 12.42
const GAUGES = [
  { name: 'pier', mean: 2.1, range: 1.6 },
  { name: 'lock', mean: 1.8, range: 1.2 },
]

/** A table of water levels as CSV, the same every time. */
export function tideLevels(): string {
  const start = Date.UTC(2026, 0, 5)
  const lines = ['time,gauge,level_m']
  for (let hour = 0; hour < HOURS; hour++) {
    const time = new Date(start + hour * 60 * 60 * 1000).toISOString()
    for (const { name, mean, range } of GAUGES) {
      const level = mean + range * Math.cos((2 * Math.PI * hour) / PERIOD_HOURS)
      lines.push(`${time},${name},${level.toFixed(2)}`)
    }
  }
  return `${lines.join('\n')}\n`
}
