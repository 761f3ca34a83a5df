import {
  MergedLines,
  mergedRecording,
  type Open,
  pumpMerged,
  recordingOf,
  validatorNotes,
  validatorOptions,
} from '../judge/index.js';
import { type Catalogue, Validator } from '../lockdep/index.js';
import type { LockGraph } from '../model/lock-graph.js';
import { InputError } from '../model/report.js';
import { type EventSource, isEventSource } from '../trace/source.js';
import { lockGraphOf } from './extract.js';

/** A graph and what is to be said of the recordings that it comes from. */
export interface ReadGraph {
  readonly graph: LockGraph;
  readonly notes: readonly string[];
}

/**
 * Reads recordings and builds one lock graph of all: classes of several recordings are matched by name. Throws InputError
 * for an input that cannot be read or holds no events.
 */
export async function readGraph(paths: readonly string[], open: Open, catalogue?: Catalogue): Promise<ReadGraph> {
  const sources: EventSource[] = [];
  for (const path of paths) {
    const source = await open(path);
    if (!isEventSource(source)) {
      throw new InputError(path, undefined, 'is a kernel log, which has no lock events; a recording was expected');
    }
    sources.push(source);
  }
  const [only] = sources;
  return only !== undefined && sources.length === 1 ? graphOf(only, catalogue) : graphOfAll(sources, catalogue);
}

async function graphOf(source: EventSource, catalogue?: Catalogue): Promise<ReadGraph> {
  const validator = new Validator(validatorOptions(recordingOf(source), catalogue));
  const { notes } = await source.pump(validator);
  return { graph: lockGraphOf(validator), notes: [...notes, ...validatorNotes(validator)] };
}

async function graphOfAll(sources: readonly EventSource[], catalogue?: Catalogue): Promise<ReadGraph> {
  const recording = mergedRecording(sources);
  const lines = new MergedLines();
  const validator = new Validator(validatorOptions(recording, catalogue));
  const notes = await pumpMerged(sources, { sink: validator, validator }, recording, lines);
  return {
    graph: lockGraphOf(validator, (where) => lines.where(where)),
    notes: [...notes, ...validatorNotes(validator)],
  };
}
