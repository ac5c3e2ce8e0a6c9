/** Lets what the clock woke run, file access included. */
export async function turnOfTheLoop(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1)
    await new Promise(resolve => {
      setImmediate(resolve)
    })
}
