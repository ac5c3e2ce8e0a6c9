import { describe, expect, it } from 'vitest'
import { inPieces } from '../../src/runtime/queue/batches.ts'

/** The pieces that items of these sizes come in. */
async function piecesOf(
  sizes: readonly number[],
  limits: { readonly batch: number; readonly batchBytes: number },
): Promise<readonly (readonly number[])[]> {
  const pieces: (readonly number[])[] = []
  const answers = await inPieces(
    sizes,
    limits,
    async piece => {
      pieces.push(piece)
      return piece
    },
    size => size,
  )
  expect(answers).toEqual(sizes)
  return pieces
}

describe('items in pieces', () => {
  it('are as many as a piece may hold, and the rest comes last', async () => {
    const sizes = [1, 1, 1, 1, 1, 1, 1]
    expect(await piecesOf(sizes, { batch: 3, batchBytes: 100 })).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1],
    ])
  })

  it('fill each piece to its last byte', async () => {
    expect(await piecesOf([5, 5, 5, 5, 1], { batch: 9, batchBytes: 10 })).toEqual([
      [5, 5],
      [5, 5],
      [1],
    ])
  })

  it('are never more bytes than a piece may bring', async () => {
    expect(await piecesOf([8, 3, 8, 2], { batch: 9, batchBytes: 10 })).toEqual([[8], [3], [8, 2]])
  })

  it('go alone where one is too large for any piece, without an empty one before', async () => {
    expect(await piecesOf([20, 1, 20], { batch: 9, batchBytes: 10 })).toEqual([[20], [1], [20]])
  })

  it('weigh nothing where nobody says how large they are', async () => {
    const pieces: (readonly number[])[] = []
    await inPieces([1, 2, 3], { batch: 9, batchBytes: 1 }, async piece => {
      pieces.push(piece)
      return piece
    })
    expect(pieces).toEqual([[1, 2, 3]])
  })

  it('make no call where there are none', async () => {
    expect(await piecesOf([], { batch: 9, batchBytes: 10 })).toEqual([])
  })

  it('are sent one piece after the other', async () => {
    const underWay: string[] = []
    await inPieces(['a', 'b'], { batch: 1, batchBytes: 10 }, async ([item]) => {
      underWay.push(`${item} begins`)
      await Promise.resolve()
      underWay.push(`${item} ends`)
      return []
    })
    expect(underWay).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
  })
})
