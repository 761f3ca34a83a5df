import type { Where } from '../model/finding.js';
import type { Run } from '../model/report.js';
import type { Engines, MakeValidator } from './engines.js';

/** Is present while inputs are judged, for those who want to know more of them than the findings. */
export interface Watch {
  readonly validator?: MakeValidator;
  /** Is told of every recording after its end, and of every schedule of a scenario. */
  readonly onJudged?: OnJudged;
  /** Is told of every run when it is done: all recordings since the last one are its own. */
  readonly onRun?: (run: Run) => void;
}

export type OnJudged = (judged: JudgedRecording) => void;

/** A recording that was judged, and the engines that did it. */
export interface JudgedRecording {
  readonly engines: Engines;
  /** What its run is called. */
  readonly input: string;
  /** Release of the recorded kernel, where the input tells. */
  readonly kernel?: string | undefined;
  /** 1 for a clock without unit. */
  readonly ticksPerSecond: number;
  /** Puts a place that the engines name into terms of the recording that it is in; absent: it is in those already. */
  readonly place?: (where: Where) => Where;
}
