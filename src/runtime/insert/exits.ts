/** What `taskq insert` and `taskq types` answer the shell with. */
export const insertExits = {
  done: 0,
  /** Wrong usage: an option, the queue's name. */
  usage: 64,
  /** The table, its filter or its schema. */
  data: 65,
  unavailable: 69,
  interrupted: 130,
  terminated: 143,
} as const
