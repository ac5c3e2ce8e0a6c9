import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * An env file by the rules of `docker run --env-file`: lines by line feed (a carriage return before it
 * is dropped), white space before a line and lines that begin with # ignored, all behind the first =
 * taken as it is. A name without = takes its value from the environment, here as `undefined`.
 */
export function readAsDocker(text: string): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {}
  for (const raw of text.replace(/^\ufeff/, '').split('\n')) {
    if (Buffer.byteLength(raw) >= 64 * 1024) throw new Error('docker: token too long')
    const line = raw.replace(/\r$/, '').replace(/^[\s\u0085]+/, '')
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    const name = at < 0 ? line : line.slice(0, at)
    if (name === '' || /\s/.test(name)) throw new Error(`docker: no variable name: ${line}`)
    values[name] = at < 0 ? undefined : line.slice(at + 1)
  }
  return values
}

/** Env files as a real bash sources them, all by one process, a shell of its own for each. */
export function readAsBash(
  folder: string,
  texts: readonly string[],
): readonly Record<string, string>[] {
  texts.forEach((text, at) => {
    writeFileSync(join(folder, `${at}.env`), text)
  })
  const names = texts.map((_, at) => join(folder, `${at}.env`))
  const script =
    'for file; do env -i "$BASH" --norc -c \'set -a; . "$0"; set +a; exec "$1" -0\' "$file" "$printer"; printf "=end\\0"; done'
  const ran = spawnSync('bash', ['-c', script, 'bash', ...names], {
    encoding: 'utf8',
    cwd: folder,
    env: {
      ...process.env,
      printer: spawnSync('sh', ['-c', 'command -v env'], { encoding: 'utf8' }).stdout.trim(),
    },
    maxBuffer: 2 ** 26,
  })
  if (ran.stderr !== '') throw new Error(ran.stderr)
  const files: string[][] = [[]]
  for (const pair of ran.stdout.split('\0').slice(0, -1))
    if (pair === END) files.push([])
    else files.at(-1)?.push(pair)
  return files.slice(0, -1).map((pairs, at) => withoutShells(pairs, texts[at] ?? ''))
}

/** Stands between the variables of two files; none of them can have an empty name. */
const END = '=end'

/** Leaves out what bash sets by itself and the file does not. */
function withoutShells(variables: readonly string[], text: string): Record<string, string> {
  const pairs = variables
    .map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)
    .filter(
      ([name]) =>
        !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name) ||
        new RegExp(`^\\s*${name}=`, 'm').test(text),
    )
  return Object.fromEntries(pairs)
}
