export type { Catalogue, LockKind } from './class-table.js';
export { depKindNames } from './dependency-graph.js';
export { judgeOrders } from './irq-orders.js';
export type { ValidatorOptions } from './lockdep-state.js';
export { usageText } from './usage.js';
export { Validator } from './validator.js';
