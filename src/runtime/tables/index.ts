export { openTable } from './open.ts'
export type {
  Batch,
  Column,
  DeclaredType,
  Form,
  Format,
  Row,
  Table,
  TableLimits,
  TableOptions,
  Value,
} from './table.ts'
