export {
  allocatable,
  DEFAULT_SHAPE,
  type NodeShape,
  type Resources,
  usable,
} from './allocatable.ts'
export { type Binding, type Fit, fitWorkers, type Hint, type Request } from './fit.ts'
export {
  CLUSTER_FEE,
  findMachine,
  MACHINES,
  type Machine,
  PRICE_LIST,
  SYSTEM_MACHINE,
} from './machines.ts'
export {
  affordableWorkers,
  type FleetRequest,
  type Plan,
  type Provisioning,
  plan,
  price,
  type QueueCost,
  type Work,
} from './plan.ts'
export { formatBytes, formatCpu, type Parsed, parseBytes, parseCpu } from './quantity.ts'
