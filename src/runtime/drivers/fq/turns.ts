/** Lets calls in one after the other: those of one process would else empty each other's listing. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act)
    // A call that failed has told its caller; the next one begins all the same.
    this.#last = turn.catch(() => {})
    return turn
  }
}
