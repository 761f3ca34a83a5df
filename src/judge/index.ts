export { Engines, type JudgedRecording, type Law, type OnJudged, type Recording } from './engines.js';
export { judgeEach, judgeTogether, type Open } from './judge.js';
export { mergedRecording, pumpMerged } from './merged.js';
export { MergedLines } from './merged-lines.js';
export { validatorNotes } from './notes.js';
