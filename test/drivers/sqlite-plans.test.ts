import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { migrations } from '../../src/runtime/drivers/sqlite/schema.ts'
import { hotSql } from '../../src/runtime/drivers/sqlite/statements.ts'

/** The table of this name has one row, by its check constraint. */
const oneRow = 'SCAN tally'

/** A scan is fine where a limit ends it after the rows that are wanted. */
const scansThatStop: Readonly<Record<string, string>> = {
  addTasks: 'SCAN 50-ROW VALUES CLAUSE',
  firstReady: 'SCAN r',
  hold: 'SCAN ready',
  anyReady: 'SCAN ready',
  views: 'SCAN j VIRTUAL TABLE INDEX 1:',
  whichAreThere: 'SCAN j VIRTUAL TABLE INDEX 1:',
  finish: 'SCAN j VIRTUAL TABLE INDEX 1:',
}

const db = new DatabaseSync(':memory:')
for (const statements of migrations) db.exec(statements)

it.each(Object.entries(hotSql))('%s goes by an index', (name, sql) => {
  const plan = db.prepare(`explain query plan ${sql}`).all()
  const scans = plan.map(({ detail }) => String(detail)).filter(line => line.startsWith('SCAN'))
  const allowed = scansThatStop[name]
  expect(scans.filter(scan => scan !== allowed && scan !== oneRow)).toEqual([])
})

it('every scan that is let through ends at a limit or with the given list', () => {
  for (const [name, scan] of Object.entries(scansThatStop)) {
    const sql = hotSql[name as keyof typeof hotSql]
    expect(sql).toMatch(/limit (\?|1)|json_each|values/)
    expect(scan).toMatch(/^SCAN/)
  }
})

it('no hot statement sorts', () => {
  for (const sql of Object.values(hotSql)) {
    const plan = db.prepare(`explain query plan ${sql}`).all()
    expect(plan.filter(({ detail }) => String(detail).includes('TEMP B-TREE'))).toEqual([])
  }
})
