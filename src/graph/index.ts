export { identityOf } from './class-identity.js';
export { diffOf } from './diff.js';
export { lockGraphOf } from './extract.js';
export { around, aroundRaw, matching, stronglyConnected } from './filter.js';
export { findClass } from './find-class.js';
export { pathPart, shortestPath } from './path.js';
export { nameMatcher } from './pattern.js';
export { type ReadGraph, readGraph } from './read.js';
export { together } from './together.js';
