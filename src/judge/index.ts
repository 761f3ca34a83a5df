export { Engines, type Law, type Recording } from './engines.js';
export { judgeEach, judgeTogether, type Open } from './judge.js';
