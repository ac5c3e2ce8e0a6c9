import type { Runner } from './runner.ts'

/** A runner in its place in a crew. */
export interface Post<Task> {
  readonly runner: Runner<Task>
  readonly house: House<Task>
  /** Tasks that were sent to it. */
  sent: number
  /** It ended while it loaded the task, which others have loaded. */
  hasFallen: boolean
}

/** Runners that die together. */
export interface House<Task> {
  readonly posts: Set<Post<Task>>
  /** What one of them has may not be joined by anything. */
  isAlone: boolean
}

/** The runners of a crew, and which of them die together. */
export class Posts<Task> {
  readonly #posts = new Set<Post<Task>>()
  readonly #houses = new Map<object, House<Task>>()

  get size(): number {
    return this.#posts.size
  }

  [Symbol.iterator](): SetIterator<Post<Task>> {
    return this.#posts.values()
  }

  add(runner: Runner<Task>): Post<Task> {
    const house = this.#houses.get(runner.house) ?? { posts: new Set(), isAlone: false }
    const post: Post<Task> = { runner, house, sent: 0, hasFallen: false }
    this.#houses.set(runner.house, house)
    house.posts.add(post)
    this.#posts.add(post)
    return post
  }

  remove(post: Post<Task>): void {
    const { house, runner } = post
    this.#posts.delete(post)
    house.posts.delete(post)
    if (house.posts.size === 0) this.#houses.delete(runner.house)
  }
}
