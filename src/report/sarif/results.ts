import type { CodeFlow, Location, Result, Suppression, ThreadFlow, ThreadFlowLocation } from 'sarif';
import type { Evidence, Finding, Where } from '../../model/finding.js';
import type { Suppressed } from '../../model/report.js';
import { printable } from '../escape.js';
import { placeText } from '../layout.js';
import { fileOf } from '../place.js';
import { LIMITS } from './limits.js';

/** What a result needs to know of where it comes from. */
export interface ResultContext {
  /** The run's input: the file of places that name none. */
  readonly input: string;
  readonly kind: string;
  readonly root: string;
  /** A baseline is in use: every result says how it compares. */
  readonly hasBaseline: boolean;
}

/** A finding as a SARIF result. */
export function resultOf(finding: Finding, context: ResultContext, silenced?: Suppressed): Result {
  const { rule, severity, message, fingerprint, confidence, count, locks, known, advice } = finding;
  const flow = codeFlowOf(finding.evidence, context);
  return {
    ruleId: rule,
    level: severity,
    kind: 'fail',
    message: { text: printable(confidence === 'possible' ? `${message} (possible)` : message) },
    locations: [locationOf(finding.where, context)],
    // The first is what code scanning knows a result by, the second is the fingerprint of baselines.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1`, 'lockvet/v1': fingerprint },
    ...(flow && { codeFlows: [flow] }),
    occurrenceCount: count,
    ...(context.hasBaseline && { baselineState: known ? ('unchanged' as const) : ('new' as const) }),
    suppressions: suppressionsOf(finding, silenced),
    properties: {
      confidence,
      input: printable(context.input),
      inputKind: context.kind,
      locks: locks.map(printable),
      ...(advice !== undefined && { advice }),
      ...(finding.evidence.length > LIMITS.steps && { omittedSteps: finding.evidence.length - LIMITS.steps }),
    },
  };
}

function suppressionsOf({ known }: Finding, silenced: Suppressed | undefined): Suppression[] {
  if (silenced) {
    const { by, place, reason } = silenced;
    const justification = `${reason === '' ? 'no reason given' : reason} (${place})`;
    return [
      { kind: by === 'source' ? 'inSource' : 'external', status: 'accepted', justification: printable(justification) },
    ];
  }
  if (!known) return [];
  const until = known.expires === undefined ? '' : ` (until ${known.expires})`;
  const justification = `${known.reason === '' ? 'no reason given' : known.reason}${until}`;
  return [{ kind: 'external', status: 'accepted', justification: printable(justification) }];
}

/** The steps of the proof; those of different tasks or CPUs in thread flows of their own, ordered among each other. */
function codeFlowOf(evidence: readonly Evidence[], context: ResultContext): CodeFlow | undefined {
  const steps = evidence.slice(0, LIMITS.steps);
  const flows = new Map<string, ThreadFlowLocation[]>();
  let thread = '';
  for (const [index, { what, where }] of steps.entries()) {
    thread = where.task ?? (where.cpu === undefined ? thread : `CPU ${where.cpu}`);
    const known = flows.get(thread);
    const locations = known ?? [];
    if (!known) flows.set(thread, locations);
    const place = locationOf(where, context);
    locations.push({ location: { ...place, message: { text: printable(what) } }, executionOrder: index + 1 });
  }
  if (flows.size === 0) return undefined;
  const threadFlows = [...flows].map(
    ([id, locations]): ThreadFlow => ({ ...(id !== '' && { id: printable(id) }), locations }),
  );
  return { threadFlows };
}

function locationOf(where: Where, { input, root }: ResultContext): Location {
  const { line, function: fn } = where;
  const name = fn === undefined ? undefined : printable(fn);
  const said = placeText({
    ...(where.task !== undefined && { task: where.task }),
    ...(where.cpu !== undefined && { cpu: where.cpu }),
    ...(where.time !== undefined && { time: where.time }),
  });
  return {
    physicalLocation: {
      artifactLocation: artifactOf(fileOf(where, input, root)),
      ...(line !== undefined && { region: { startLine: line } }),
    },
    ...(name !== undefined && { logicalLocations: [{ name, kind: 'function' }] }),
    ...(said !== '' && { properties: { recorded: said } }),
  };
}

/** A path as a URI reference: relative to the checkout, or absolute. */
function artifactOf(file: string): { uri: string; uriBaseId?: string } {
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: '%SRCROOT%' };
}
