/** Where this host remembers what it inserted and moved, in the folder it was started in. */
export const journalFolder = '.taskq'
