export { StatsCollector } from './collector.js';
export { readStats, statsOf } from './read.js';
export { SORT_KEYS, type SortKey, sorted } from './sort.js';
