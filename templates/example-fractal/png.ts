import { crc32, deflateSync } from 'node:zlib'

/** A PNG of red, green and blue values, line by line. */
export function encodePng(width: number, height: number, colours: Uint8Array): Buffer {
  const lines = Buffer.alloc(height * (3 * width + 1))
  for (let y = 0; y < height; y += 1)
    lines.set(colours.subarray(3 * y * width, 3 * (y + 1) * width), y * (3 * width + 1) + 1)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
