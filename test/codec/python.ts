import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Why Python cannot be asked here; `undefined` when it can. In CI its absence is a failure. */
export const pythonMissing: string | undefined = findMissing()

/** One Python that answers, line by line, how its own json module reads and writes a text. */
export function startPython() {
  const child = spawn('python3', ['-u', '-c', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    /** The text as Python writes it again, and each number in it as `int 5` or `float 0x1p+0`. */
    async ask(text: string): Promise<{ again: string; numbers: string[] } | { error: string }> {
      child.stdin.write(`${Buffer.from(text, 'utf16le').toString('base64')}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('python3 ended early')
      return JSON.parse(value)
    },
    stop: () => child.stdin.end(),
  }
}

function findMissing(): string | undefined {
  if (spawnSync('python3', ['-c', 'import json']).status === 0) return undefined
  if (process.env['CI'] === 'true') throw new Error('CI must have python3 to compare with')
  return 'python3 is not installed, nothing to compare with'
}

const PROGRAM = `
import base64, json, sys
sys.set_int_max_str_digits(0)
sys.setrecursionlimit(5000)
def numbers(value, found):
    if isinstance(value, bool): pass
    elif isinstance(value, int): found.append('int %d' % value)
    elif isinstance(value, float): found.append('float ' + value.hex())
    elif isinstance(value, list):
        for item in value: numbers(item, found)
    elif isinstance(value, dict):
        for item in value.values(): numbers(item, found)
    return found
for line in sys.stdin:
    try:
        value = json.loads(base64.b64decode(line).decode('utf-16-le', 'surrogatepass'))
        answer = {'again': json.dumps(value), 'numbers': numbers(value, [])}
    except ValueError as error:
        answer = {'error': str(error)}
    print(json.dumps(answer))
`
