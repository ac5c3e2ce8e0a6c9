import { isAscii } from 'node:buffer'
import type { Cell } from '../batch.ts'
import { writeCount, writeUtf8 } from '../sink.ts'
import type { Value } from '../table.ts'
import { int64Cell, numberCell, scalarText, textCell } from './scalars.ts'
import { indexReader, isValid, type Vec, VecError, viewBytes } from './vec.ts'

const nullBytes = Buffer.from('null')
const trueBytes = Buffer.from('true')
const falseBytes = Buffer.from('false')

/** The cells of a column; `bigints` says what its 64-bit integers are, nested ones too. */
export function cellsOf(vec: Vec, bigints: boolean): Cell {
  const cell = bareCells(vec, bigints)
  const { valid } = vec
  if (valid === undefined) return cell
  return {
    write(sink, row) {
      if (isValid(valid, row)) cell.write(sink, row)
      else sink.raw(nullBytes, 0)
    },
    value: row => (isValid(valid, row) ? cell.value(row) : null),
  }
}

function bareCells(vec: Vec, bigints: boolean): Cell {
  const { kind } = vec
  switch (kind.is) {
    case 'null':
      return { write: sink => sink.ascii('null'), value: () => null }
    case 'bool':
      return {
        write: (sink, row) => sink.raw(isValid(vec.values, row) ? trueBytes : falseBytes, 0),
        value: row => isValid(vec.values, row),
      }
    case 'int':
      if (kind.bits === 64) return int64Cell(vec, kind.signed, bigints)
      return smallIntCell(vec, kind.bits, kind.signed, bigints)
    case 'float':
      return numberCell(vec, kind.bits)
    case 'text':
      return kind.width === 'view' ? viewCell(vec) : utf8Cell(vec)
    case 'binary':
    case 'fixedBinary':
      return textCell(binaryText(vec))
    case 'dictionary':
      return dictionaryCell(vec, kind.index.bits, bigints)
    case 'list':
    case 'fixedList':
    case 'map':
      return listCell(vec, bigints)
    case 'struct':
      return structCell(vec, bigints)
    default:
      return textCell(scalarText(vec))
  }
}

function smallIntCell(vec: Vec, bits: 8 | 16 | 32, signed: boolean, bigints: boolean): Cell {
  const { buffer, byteOffset } = vec.values
  const { length } = vec
  const ints =
    bits === 8
      ? new (signed ? Int8Array : Uint8Array)(buffer, byteOffset, length)
      : bits === 16
        ? new (signed ? Int16Array : Uint16Array)(buffer, byteOffset, length)
        : new (signed ? Int32Array : Uint32Array)(buffer, byteOffset, length)
  return {
    write(sink, row) {
      const value = ints[row] as number
      if (value < 0) sink.ascii('-')
      writeCount(sink, Math.abs(value))
    },
    value: bigints ? row => BigInt(ints[row] as number) : row => ints[row] as number,
  }
}

function utf8Cell(vec: Vec): Cell {
  const { offsets, stride, values } = vec
  const utf8 = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  let whole: string | undefined
  return {
    write: (sink, row) =>
      writeUtf8(
        sink,
        values,
        offsets[row * stride] as number,
        offsets[(row + 1) * stride] as number,
      ),
    value(row) {
      // An ASCII column is decoded once; a row is then a slice of it.
      whole ??= isAscii(utf8) ? utf8.toString('latin1') : ''
      const from = offsets[row * stride] as number
      const to = offsets[(row + 1) * stride] as number
      return whole === '' ? utf8.toString('utf8', from, to) : whole.slice(from, to)
    },
  }
}

function viewCell(vec: Vec): Cell {
  const words = wordsOf(vec)
  return {
    write(sink, row) {
      const bytes = viewBytes(vec, words, row)
      writeUtf8(sink, bytes, 0, bytes.length)
    },
    value: row => textOf(viewBytes(vec, words, row), 'utf8'),
  }
}

function binaryText(vec: Vec): (row: number) => string {
  const { kind, offsets, stride, values } = vec
  if (kind.is === 'fixedBinary') {
    return row => textOf(values.subarray(row * kind.bytes, (row + 1) * kind.bytes), 'base64')
  }
  if (kind.is === 'binary' && kind.width === 'view') {
    const words = wordsOf(vec)
    return row => textOf(viewBytes(vec, words, row), 'base64')
  }
  return row =>
    textOf(values.subarray(offsets[row * stride], offsets[(row + 1) * stride]), 'base64')
}

function wordsOf(vec: Vec): Int32Array {
  return new Int32Array(vec.values.buffer, vec.values.byteOffset, vec.length * 4)
}

function textOf(bytes: Uint8Array, encoding: 'utf8' | 'base64'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding)
}

function dictionaryCell(vec: Vec, bits: 8 | 16 | 32 | 64, bigints: boolean): Cell {
  const place = indexReader(vec, bits)
  const { dictionary } = vec
  const cells = dictionary.map(piece => cellsOf(piece, bigints))
  if (dictionary.length === 1) {
    const [cell] = cells as [Cell]
    return {
      write: (sink, row) => cell.write(sink, place(row)),
      value: row => cell.value(place(row)),
    }
  }
  const find = (row: number): readonly [Cell, number] => {
    let at = place(row)
    for (const [i, piece] of dictionary.entries()) {
      if (at < piece.length) return [cells[i] as Cell, at]
      at -= piece.length
    }
    throw new VecError('it refers to an entry its dictionary has not', row)
  }
  return {
    write(sink, row) {
      const [cell, at] = find(row)
      cell.write(sink, at)
    },
    value(row) {
      const [cell, at] = find(row)
      return cell.value(at)
    },
  }
}

/** Lists as arrays; maps as arrays of `[key, value]`, so that order, duplicates and any key survive. */
function listCell(vec: Vec, bigints: boolean): Cell {
  const { kind, offsets, stride } = vec
  const [item] = vec.children as readonly [Vec]
  const cell = kind.is === 'map' ? pairCell(item, bigints) : cellsOf(item, bigints)
  const start =
    kind.is === 'fixedList'
      ? (row: number) => row * kind.size
      : (row: number) => offsets[row * stride] as number
  return {
    write(sink, row) {
      sink.ascii('[')
      const from = start(row)
      const to = start(row + 1)
      for (let at = from; at < to; at++) {
        if (at > from) sink.ascii(',')
        cell.write(sink, at)
      }
      sink.ascii(']')
    },
    value(row) {
      const from = start(row)
      return Array.from({ length: start(row + 1) - from }, (_, i) => cell.value(from + i))
    },
  }
}

function pairCell(entries: Vec, bigints: boolean): Cell {
  const [key, value] = entries.children.map(child => cellsOf(child, bigints)) as [Cell, Cell]
  return {
    write(sink, row) {
      sink.ascii('[')
      key.write(sink, row)
      sink.ascii(',')
      value.write(sink, row)
      sink.ascii(']')
    },
    value: row => [key.value(row), value.value(row)],
  }
}

function structCell(vec: Vec, bigints: boolean): Cell {
  const fields = vec.kind.is === 'struct' ? vec.kind.fields : []
  const cells = vec.children.map(child => cellsOf(child, bigints))
  const heads = fields.map(({ name }, i) =>
    Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  )
  const extras = heads.map(head => head.length - head.toString().length)
  return {
    write(sink, row) {
      if (cells.length === 0) sink.ascii('{')
      for (let i = 0; i < cells.length; i++) {
        sink.raw(heads[i] as Buffer, extras[i] as number)
        ;(cells[i] as Cell).write(sink, row)
      }
      sink.ascii('}')
    },
    value(row) {
      const object: Record<string, Value> = Object.create(null)
      for (const [i, { name }] of fields.entries()) object[name] = (cells[i] as Cell).value(row)
      return object
    },
  }
}

/** Whether a 64-bit integer in a row that has a value, however deep, does not fit 2^53. */
export function needsBigint(vec: Vec): boolean {
  if (vec.kind.is === 'int' && vec.kind.bits === 64) return beyondSafe(vec, vec.kind.signed)
  return vec.children.some(needsBigint) || vec.dictionary.some(needsBigint)
}

function beyondSafe(vec: Vec, signed: boolean): boolean {
  const halves = new Int32Array(vec.values.buffer, vec.values.byteOffset, vec.length * 2)
  for (let row = 0; row < vec.length; row++) {
    const high = halves[row * 2 + 1] as number
    const safe = signed
      ? high >= -0x200000 && high < 0x200000 && (high !== -0x200000 || halves[row * 2] !== 0)
      : high >>> 0 < 0x200000
    if (!safe && isValid(vec.valid, row)) return true
  }
  return false
}
