export type { Need } from '../queue/needs.ts'
export { openStore } from './open.ts'
export type * from './store.ts'
