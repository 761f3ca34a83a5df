import type { Evidence, FindingDetail, HeldDescription, Where } from '../../model/finding.js';
import { waitTypeName } from '../../model/wait-type.js';
import type { LockFact, ReportFacts } from './facts.js';
import { belowReporters, callerIn, type Frame } from './sites.js';

/** How many entries of a report's own stack are shown: enough to tell the path, not the whole syscall. */
const SHOWN_FRAMES = 6;

/** The report step by step: what was taken where, how the classes hang together, who reported it. */
export function evidenceOf(file: string, facts: ReportFacts): Evidence[] {
  const { roles, kernel } = facts;
  const at = (line: number, site: string): Where => (site === '' ? { file, line } : { file, line, function: site });
  const steps: Evidence[] = [];
  const say = (what: string, line: number, site = ''): void => {
    steps.push({ what, where: at(line, site) });
  };
  const place = (what: string, frames: readonly Frame[]): void => {
    const frame = callerIn(frames) ?? frames[0];
    if (frame !== undefined) say(what, frame.line, frame.site);
  };

  for (const lock of facts.held) say(`${described(lock)} is held`, lock.line, lock.site);
  if (roles.freed)
    say(`${described(roles.freed)} lies in the freed memory and is held`, roles.freed.line, roles.freed.site);
  if (roles.holding && facts.held.length === 0) {
    say(`${described(roles.holding)} is held`, roles.holding.line, roles.holding.site);
  }
  for (const [text, line, site] of chainSteps(facts)) say(text, line, site);
  if (facts.usage) place(`the class got the state {${facts.usage.before}} here`, facts.registered);
  for (const { name, uses } of facts.path) {
    for (const { state, frames } of uses) {
      if (facts.irq !== undefined && state.includes(facts.irq)) place(`${name} became ${state} here`, frames);
    }
  }
  if (roles.safe) place(`${roles.safe.name} became ${facts.irq ?? ''}-safe here`, facts.safeFrames);
  if (roles.unsafe) place(`${roles.unsafe.name} became ${facts.irq ?? ''}-unsafe here`, facts.unsafeFrames);
  if (facts.dependency) {
    const { from, to } = facts.dependency;
    say(`the new dependency is ${from} -> ${to}`, roles.wanted?.line ?? facts.line);
  }
  if (roles.wanted) say(`${described(roles.wanted)} is being taken`, roles.wanted.line, roles.wanted.site);
  if (roles.changed) say(`${described(roles.changed)} changes its state`, roles.changed.line, roles.changed.site);
  if (roles.released) say(`${roles.released.name} is being released`, roles.released.line, roles.released.site);
  if (facts.nestLock !== undefined) say(`${facts.nestLock}, the lock it is nested in, is not held`, facts.line);
  if (facts.preemptionOffAt !== undefined) say('preemption was switched off here', facts.line, facts.preemptionOffAt);
  if (facts.source !== undefined) say(facts.misuse ?? 'reported by the check in', facts.line, facts.source);
  for (const { text, line } of facts.sayings) say(text, line);
  for (const frame of belowReporters(facts.backtrace).slice(0, SHOWN_FRAMES))
    say('called from', frame.line, frame.site);
  if (kernel !== undefined) say(`reported by kernel ${kernel}`, facts.kernelLine);
  return steps;
}

/** Each link of the chain was taken while its predecessor was held; #0 is the acquisition that closes the circle. */
function chainSteps({ chain }: ReportFacts): (readonly [string, number, string])[] {
  const links = [...chain].sort((a, b) => a.lock.index - b.lock.index);
  return links
    .filter((link) => link.lock.index > 0)
    .map((link) => {
      const before = links.find((other) => other.lock.index === link.lock.index - 1)?.lock.name ?? 'the one before';
      const frame = callerIn(link.frames) ?? link.frames[0];
      return [`${link.lock.name} was taken while ${before} was held`, link.lock.line, frame?.site ?? ''] as const;
    });
}

/** Scenario, locks and context for the kernel-style text. */
export function detailOf(file: string, facts: ReportFacts): FindingDetail {
  const detail: FindingDetail = { context: contextWords(facts) };
  if (facts.scenario !== undefined) detail.scenario = facts.scenario;
  if (facts.heldCount >= 0) detail.held = facts.held.map((lock) => heldDescription(file, lock));
  const wanted = facts.roles.wanted ?? facts.roles.changed;
  if (wanted !== undefined) detail.wanted = heldDescription(file, wanted);
  return detail;
}

function heldDescription(file: string, lock: LockFact): HeldDescription {
  const where: Where = { file, line: lock.line };
  if (lock.site !== '') where.function = lock.site;
  return { name: lock.name, wait: lock.wait, usage: lock.usage, read: false, trylock: false, where };
}

function contextWords({ kernel, contextBits, waitContext, atomic, dropped, cut }: ReportFacts): string[] {
  const words: string[] = [];
  if (kernel !== undefined) words.push(`kernel ${kernel}`);
  if (contextBits !== undefined) words.push(contextBits);
  if (waitContext !== undefined) words.push(`context allows ${waitTypeName(waitContext)}`);
  if (atomic.inAtomic !== undefined) words.push(`in_atomic ${atomic.inAtomic}`);
  if (atomic.irqsDisabled === 1) words.push('interrupts off');
  if (atomic.preemptCount !== undefined) words.push(`preempt_count ${atomic.preemptCount.toString(16)}`);
  if (atomic.rcuDepth !== undefined) words.push(`RCU nest depth ${atomic.rcuDepth}`);
  if (dropped) words.push('lines were dropped');
  if (cut) words.push('report cut off');
  return words;
}

function described(lock: LockFact): string {
  return `${lock.name}${lock.wait}`;
}
