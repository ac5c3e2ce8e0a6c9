import { cp, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect } from 'vitest'

/** One way to break the runtime: a piece of its text, which must occur once, and what it becomes. */
export interface Mutant {
  readonly name: string
  /** Below `src/runtime`. */
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Copies parts of the runtime into `folder` with one mistake in them; answers where the copy lies. */
export async function mutatedCopy(
  { name, file, from, to }: Mutant,
  folder: string,
  parts: readonly string[],
): Promise<string> {
  const copy = join(folder, name.replaceAll(/\W+/g, '-'))
  for (const part of parts)
    await cp(join(resolve('src/runtime'), part), join(copy, part), { recursive: true })
  const path = join(copy, file)
  const text = await readFile(path, 'utf8')
  expect(text.split(from).length - 1, 'the text to change occurs once').toBe(1)
  await writeFile(
    path,
    text.replace(from, () => to),
  )
  return copy
}
