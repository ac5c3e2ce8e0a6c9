/** The table: a row for every run. Its id names the row for good; inserting it again changes nothing. */
export function* rows() {
  for (let number = 1; number <= 100; number += 1) {
    yield { id: `row-${number}`, params: { number } }
  }
}

/** Runs for every row. What it returns is kept as the row's result. */
export async function _runTask(params: Readonly<Record<string, unknown>>): Promise<unknown> {
  return { square: Number(params['number']) ** 2 }
}
