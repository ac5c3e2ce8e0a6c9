import { type Command, InvalidArgumentError, Option } from 'commander'
import { DEFAULT_SHAPE, type NodeShape } from '../allocatable.ts'
import type { Request } from '../fit.ts'
import { findMachine, MACHINES, type Machine } from '../machines.ts'
import { type Parsed, parseBytes, parseCpu } from '../quantity.ts'

/** What `fit` and `plan` both ask: the worker, the node, the form of the answer. */
export interface SharedOptions {
  readonly cpu: number
  readonly memory: number
  readonly storage: number
  readonly machine?: readonly Machine[]
  readonly maxPods: number
  readonly disk: number
  readonly json?: true
}

/** Adds the options that describe a worker and its node. */
export function withSharedOptions(command: Command, need: 'needed' | 'optional'): Command {
  const size = (flags: string, says: string, parse: (text: string) => Parsed) =>
    command.addOption(
      new Option(flags, says).argParser(quantity(parse)).makeOptionMandatory(need === 'needed'),
    )
  size('--cpu <quantity>', 'CPU of one worker: 700m, 2, 0.5', parseCpu)
  size('--memory <quantity>', 'memory: 500Mi, 1Gi, or bytes', parseBytes)
  return command
    .option('--storage <quantity>', 'disk of one worker: 1Gi', quantity(parseBytes), 0)
    .option('--machine <type...>', 'machine types to look at (default: all known)', machines)
    .option('--max-pods <number>', 'pods a node may hold', wholeNumber, DEFAULT_SHAPE.maxPods)
    .option('--disk <GiB>', 'disk of one node in GiB', wholeNumber, DEFAULT_SHAPE.diskGiB)
    .option('--json', 'print one JSON object instead of text')
}

/** The worker that the options describe. */
export function requestOf({ cpu, memory, storage }: SharedOptions): Request {
  return { cpuMillis: cpu, memoryMiB: memory, diskMiB: storage }
}

/** The node that the options describe. */
export function shapeOf({ maxPods, disk }: SharedOptions): NodeShape {
  return { maxPods, diskGiB: disk }
}

/** Reads a whole number from 1 up. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`"${text}" is no whole number from 1 up.`)
}

/** Reads a number above 0, such as seconds or dollars. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value
  throw new InvalidArgumentError(`"${text}" is no number above 0.`)
}

function quantity(parse: (text: string) => Parsed): (text: string) => number {
  return text => {
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    throw new InvalidArgumentError(parsed.problem)
  }
}

function machines(name: string, before: readonly Machine[] = []): readonly Machine[] {
  const machine = findMachine(name)
  if (machine) return [...before, machine]
  const known = MACHINES.map(each => each.name).join(', ')
  throw new InvalidArgumentError(`There is no price for "${name}"; known are ${known}.`)
}
