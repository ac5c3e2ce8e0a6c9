import { readFile, writeFile } from 'node:fs/promises'

/** Changes what lies between `<!-- NAME:start -->` and `<!-- NAME:end -->` in a page. */
export async function changeBetweenMarks(
  page: string,
  name: string,
  change: (text: string) => string,
): Promise<void> {
  const [start, end] = [`<!-- ${name}:start -->\n`, `<!-- ${name}:end -->\n`]
  const text = await readFile(page, 'utf8')
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)]
  if (from < start.length || to < from) throw new Error(`${page} lacks its marks: ${start}${end}`)
  await writeFile(page, `${text.slice(0, from)}${change(text.slice(from, to))}${text.slice(to)}`)
}
