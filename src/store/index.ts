/** The store: what runs found and showed, in a database that can be asked. */

export { Observer } from './observe/watch.js';
export { checkStoreFile, type OpenOptions } from './open.js';
export type { LoadedInput, LoadedRun } from './read.js';
export type { JudgedInput, NewRun, StoredRun } from './record.js';
export { Store } from './store.js';
