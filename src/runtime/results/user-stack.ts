/** Where our own files lie, from source or packed. */
const ours = new URL('../', import.meta.url).href

/** The lines of a stack that lead through the user's code, and those that name a cause. */
export function userFrames(stack: string): readonly string[] {
  return stack
    .split('\n')
    .filter(line => /^(?:\s+at |caused by )/.test(line) && !isForeign(line))
    .map(line => line.trim().replace(calledByUs, 'at $1 '))
}

/** The names under which we call the user's function. */
const calledByUs = /^at (?:Object|Executor)\.(\S+) (?:\[as \w+\] )?/

/** Lines of Node and of ours; a stack may come from another machine. */
function isForeign(line: string): boolean {
  return line.includes('node:') || line.includes(ours) || line.includes('/taskq-runtime/')
}
