import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { Ground } from './peer.ts'
import { freePort } from './port.ts'

const debian = '/usr/lib/postgresql'

/** A sentence where this machine has no PostgreSQL server. */
export function lacksPostgres(): string | undefined {
  return programs() === undefined
    ? 'PostgreSQL is not installed (apt-get install postgresql)'
    : undefined
}

function programs(): string | undefined {
  if (!existsSync(debian)) return undefined
  const newest = readdirSync(debian).sort((one, other) => Number(other) - Number(one))[0]
  return newest === undefined ? undefined : join(debian, newest, 'bin')
}

/** A PostgreSQL of its own on loopback, with its usual durability. */
export async function startPostgres(folder: string): Promise<Ground> {
  const bin = programs() ?? ''
  // Root may not run PostgreSQL: its own user must be able to enter the folder.
  chmodSync(folder, 0o777)
  const data = join(folder, 'data')
  const [as = join(bin, 'initdb'), ...before] = asPostgres(join(bin, 'initdb'))
  const made = spawnSync(as, [...before, '-D', data, '-U', 'postgres', '--auth', 'trust'], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const [program = '', ...args] = asPostgres(join(bin, 'postgres'))
  const server = spawn(
    program,
    [
      ...[...args, '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
      ...['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB'],
    ],
    { stdio: 'ignore' },
  )
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await answers(url)
  return {
    place: { url },
    async stop() {
      const gone = new Promise(resolve => server.on('close', resolve))
      server.kill('SIGINT')
      await gone
    },
  }
}

function asPostgres(program: string): readonly string[] {
  return process.getuid?.() === 0
    ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', program]
    : [program]
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (tries > 100) throw error
      await sleep(100)
    }
  }
}
