import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBySource } from '../../src/runtime/tables/exact.ts'
import { scanExact } from '../../src/runtime/tables/scan.ts'

/** What the slow parser makes of a text, or that it refuses it. */
function judged(text: string) {
  try {
    return { raw: parseBySource(text) }
  } catch {
    return 'refused'
  }
}

const numbers = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => value.toExponential()),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(value => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '-0.0', '0.0', '1.0', '1e400', '1E5', '-1e-400', '9007199254740993'),
  fc.constantFrom('01', '1.', '.5', '-', '+1', '1e', '1e+', '0x1', '1_0', '--1', 'NaN'),
)
const text = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small' },
    numbers,
    fc.string({ unit: 'binary' }).map(each => JSON.stringify(each)),
    fc.constantFrom('null', 'true', 'false', 'nul', '""', '"\t"', '"\\u00e9"', '"'),
    fc.array(tie('value')).map(each => `[${each.join(' , ')}]`),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', '1', 'a')), tie('value')))
      .map(each => `{${each.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join()}}`),
  ),
})).value

describe('the quick parser', () => {
  it('says of any text what the slow one says, or nothing', () => {
    fc.assert(
      fc.property(text, each => {
        const raw = scanExact(each)
        if (raw !== undefined) expect(judged(each)).toStrictEqual({ raw })
      }),
      { numRuns: 3000 },
    )
  })

  it('says of a text with something amiss what the slow one says, or nothing', () => {
    const marks = fc.constantFrom('', ',', ':', '"', '{', '}', '[', ']', '0', '-', 'e', '.', ' ')
    fc.assert(
      fc.property(text, fc.nat(), marks, (each, place, mark) => {
        const at = place % (each.length + 1)
        const bent = each.slice(0, at) + mark + each.slice(at + 1)
        const raw = scanExact(bent)
        if (raw !== undefined) expect(judged(bent)).toStrictEqual({ raw })
      }),
      { numRuns: 3000 },
    )
  })

  it('knows what programs usually write', () => {
    const usual =
      '{"id": 864691135494192529, "score":1.0,"x":[-0,1e3,null, true],"y":{},"name":"a longer text"}\n'
    expect(scanExact(usual)).toStrictEqual(parseBySource(usual))
    expect(scanExact(usual)).toBeDefined()
  })
})
