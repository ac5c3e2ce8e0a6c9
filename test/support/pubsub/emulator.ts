import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Google's own Pub/Sub emulator, running. */
export interface Emulator {
  /** For PUBSUB_EMULATOR_HOST. */
  readonly host: string
  /** Sets its clock, where it was started with one of ours; milliseconds since 1970. */
  readonly setTime: (milliseconds: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Where the emulator is on this machine, or why it cannot be had. */
export type Installation =
  | { readonly kind: 'found'; readonly jar: string }
  | { readonly kind: 'missing'; readonly reason: string }

/** Looks for Java and for the jar inside an installed Google Cloud SDK. */
export async function findEmulator(): Promise<Installation> {
  const [gcloud, java, javac] = ['gcloud', 'java', 'javac'].map(pathOf)
  if (gcloud === undefined) return missing('the Google Cloud SDK is not installed')
  if (java === undefined || javac === undefined) return missing('Java 17 (a JDK) is not installed')
  const folder = join(rootOf(gcloud), 'platform', 'pubsub-emulator', 'lib')
  const files = existsSync(folder) ? await readdir(folder) : []
  const jar = files.find(file => file.endsWith('.jar'))
  return jar === undefined
    ? missing('the Google Cloud SDK lacks the component pubsub-emulator')
    : { kind: 'found', jar: join(folder, jar) }
}

/** Starts the emulator on loopback; `manual`: on a clock that stands until it is set. */
export async function startEmulator(
  jar: string,
  clock: 'its own' | 'manual' = 'its own',
): Promise<Emulator> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-pubsub-'))
  const clockFile = join(folder, 'clock')
  await writeFile(clockFile, '')
  if (clock === 'manual') compileClock(jar, folder)
  const port = await freePort()
  const child = spawn('java', [
    ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    `-DclockFile=${clockFile}`,
    ...['-cp', clock === 'manual' ? `${folder}:${jar}` : jar],
    ...['com.google.cloud.pubsub.testing.v1.Main', '--host=127.0.0.1', `--port=${port}`],
  ])
  // A run that breaks off must not leave a JVM behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await started(child)
  return {
    host: `127.0.0.1:${port}`,
    setTime: milliseconds => utimes(clockFile, milliseconds / 1000, milliseconds / 1000),
    async stop() {
      const ended = new Promise(resolve => child.once('close', resolve))
      kill()
      process.off('exit', kill)
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

function missing(reason: string): Installation {
  return { kind: 'missing', reason }
}

function pathOf(program: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program])
  return status === 0 ? realpathSync(stdout.toString().trim()) : undefined
}

/** By the program's own place, or by what it says: some packages start it through a script elsewhere. */
function rootOf(gcloud: string): string {
  const root = dirname(dirname(gcloud))
  if (existsSync(join(root, 'platform'))) return root
  const said = spawnSync('gcloud', ['info', '--format=value(installation.sdk_root)'])
  return said.stdout.toString().trim()
}

function compileClock(jar: string, folder: string): void {
  const source = join(import.meta.dirname, 'RealClock.java')
  const { status, stderr } = spawnSync('javac', ['-cp', jar, '-d', folder, source])
  if (status !== 0) throw new Error(`The emulator's clock cannot be replaced: ${stderr.toString()}`)
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function started(child: ChildProcess): Promise<void> {
  let said = ''
  return new Promise((resolve, reject) => {
    const hear = (data: Buffer) => {
      said += data.toString()
      if (said.includes('Server started')) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`The emulator ended with ${code}: ${said}`)))
  })
}
