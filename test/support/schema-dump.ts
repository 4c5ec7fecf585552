/** What a database has, from its catalog, as text that is the same wherever it was made the same way. */

/** Runs a query; the entity manager of `@aldis/models` does. */
export interface SqlSource {
  execute(sql: string): Promise<unknown>
}

/** The tables of the schema `public` with their columns, constraints and indexes, the views and the functions. */
export async function dumpSchema(database: SqlSource): Promise<string> {
  const tables = await strings(
    database,
    `select quote_ident(relname) || case relkind when 'v' then ' (view)' when 'm' then ' (materialized view)' else '' end
     from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
     order by relname collate "C"`,
  )
  const parts = await Promise.all(
    tables.map(async (title) => {
      const [name = ''] = title.split(' ', 1)
      const quoted = `'${name.replaceAll("'", "''")}'`
      const lines = [
        ...(await strings(database, columnsOf(quoted))),
        ...(await strings(database, constraintsOf(quoted))),
        ...(await strings(database, indexesOf(quoted))),
      ]
      return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
    }),
  )
  const functions = await strings(
    database,
    `select pg_get_functiondef(oid) as line from pg_proc where pronamespace = 'public'::regnamespace
     and prokind = 'f' order by proname collate "C", oid`,
  )
  return [...parts, ...functions].join('\n')
}

const columnsOf = (table: string): string => `
  select quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
    || case when attnotnull then ' not null' else '' end
    || case attidentity when 'a' then ' identity always' when 'd' then ' identity' else '' end
    || case when attgenerated = 's' then ' generated ' || pg_get_expr(adbin, adrelid)
            when adbin is not null then ' default ' || pg_get_expr(adbin, adrelid) else '' end
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attrelid = ${table}::regclass and attnum > 0 and not attisdropped order by attnum`

const constraintsOf = (table: string): string => `
  select quote_ident(conname) || ' ' || pg_get_constraintdef(oid) from pg_constraint
  where conrelid = ${table}::regclass and contype <> 'n' order by contype, conname collate "C"`

const indexesOf = (table: string): string => `
  select pg_get_indexdef(indexrelid) from pg_index where indrelid = ${table}::regclass
  and not exists (select from pg_constraint where conindid = indexrelid) order by pg_get_indexdef(indexrelid) collate "C"`

async function strings(database: SqlSource, sql: string): Promise<string[]> {
  const rows = await database.execute(sql)
  if (!Array.isArray(rows)) return []
  return rows.map((row: unknown) =>
    typeof row === 'object' && row !== null ? String(Object.values(row)[0]) : '',
  )
}
