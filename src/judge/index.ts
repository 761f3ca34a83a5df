export { Engines, type Law, type MakeValidator, type Recording, recordingOf, validatorOptions } from './engines.js';
export { judgeEach, judgeTogether, type Open } from './judge.js';
export { mergedRecording, pumpMerged } from './merged.js';
export { MergedLines } from './merged-lines.js';
export { validatorNotes } from './notes.js';
export type { JudgedRecording, OnJudged, Watch } from './watch.js';
