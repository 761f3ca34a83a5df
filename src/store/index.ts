/** The store: what runs found and showed, in a database that can be asked. */

export { observationOfSources } from './observe/sources.js';
export { Observer } from './observe/watch.js';
export { checkStoreFile, type OpenOptions } from './open.js';
export { Inquiry, QUESTIONS, type TypedAnswer } from './questions/ask.js';
export { writeParquet } from './questions/parquet.js';
export { type Asked, type Question, UnknownName } from './questions/question.js';
export type { LoadedInput, LoadedRun } from './read.js';
export type { JudgedInput, NewRun, StoredRun } from './record.js';
export { Store } from './store.js';
