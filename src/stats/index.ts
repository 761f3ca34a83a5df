export { readStats } from './read.js';
export { SORT_KEYS, type SortKey, sorted } from './sort.js';
