import { openQueue, takeInventory } from '../../queue/open.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { RunNamed } from '../catalogue.ts'

/** `taskq create-queue`: makes what is not there yet, and says what that was. */
export const runNamed: RunNamed = async ({ out, err }, name, { flags }) => {
  const before = await standing(name)
  const queue = await openQueue(name, { create: true })
  const { url } = queue
  await queue.close()
  const after = await standing(name)
  const made = after?.filter(part => before?.includes(part) !== true) ?? []
  const present = before ?? []
  if (flags.json) await out.line(jsonLine({ queue: url, made, present }))
  else if (after === undefined)
    await out.line(`${safe(url)} is there whenever it is opened; nothing needs making.`)
  else {
    for (const part of made) await out.line(`Made ${safe(part)}.`)
    if (made.length === 0) await out.line(`${safe(url)} is there already; nothing was made.`)
    else if (present.length > 0)
      await err.line(`There already, left as it is: ${safe(present.join(', '))}.`)
  }
  return 'done'
}

/** All that is there of a queue, by name; `undefined` where its driver cannot tell. */
async function standing(name: string): Promise<readonly string[] | undefined> {
  const inventory = await takeInventory(name)
  return inventory && [...inventory.parts, ...inventory.left.map(({ name: part }) => part)]
}
