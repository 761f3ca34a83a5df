import type { EventHeader, EventSink, LockAcquire } from '../model/events.js';
import { Ctx, NullSink } from '../model/events.js';
import { type Evidence, type Finding, fingerprint, functionOf, type Where } from '../model/finding.js';
import type { NameTable } from '../model/names.js';
import { TeeSink } from '../model/tee.js';

/** A place where the code told lockdep to look away. */
interface Annotation {
  /** As a report says it. */
  readonly what: string;
  /** Class name that it covers; undefined: whatever the task takes. */
  readonly lock: string | undefined;
  readonly where: Where;
}

const IN_INTERRUPT = Ctx.HardIrq | Ctx.SoftIrq | Ctx.Nmi;

/** Keys of classes whose annotation is taken away: never the address of a real one. */
const KEY_HI = 0x4c560000 | 0;

/** What the filter must know of the recording. */
export interface AnnotatedRecording {
  readonly names: NameTable;
  readonly file: string;
  readonly ticksPerSecond: number;
  readonly noValidateKey?: { readonly hi: number; readonly lo: number };
}

/**
 * Passes events on as if nobody had told lockdep to look away: without lockdep_off(), with classes that are never
 * validated made ordinary ones (one a name), and without nesting levels at calls that are no nestings.
 */
export class WithoutAnnotations extends TeeSink {
  readonly #recording: AnnotatedRecording;
  readonly #annotations = new Map<string, Annotation>();
  /** Locks that each task holds, with their keys and what it took them in. */
  readonly #held = new Map<number, { hi: number; lo: number; keyHi: number; keyLo: number; context: number }[]>();

  constructor(inner: EventSink, recording: AnnotatedRecording) {
    super(inner, new NullSink());
    this.#recording = recording;
  }

  /** Annotations that were met. */
  get annotations(): readonly Annotation[] {
    return [...this.#annotations.values()];
  }

  override lockAcquire(h: EventHeader, a: LockAcquire): void {
    const { keyHi, keyLo, subclass } = a;
    const key = this.#recording.noValidateKey;
    const name = this.#recording.names.text(a.name);
    const held = this.#held.get(h.pid) ?? [];
    this.#held.set(h.pid, held);
    // What a handler takes is not nested in what it interrupts.
    const context = h.context & IN_INTERRUPT;
    const isNested = held.some((lock) => lock.keyHi === keyHi && lock.keyLo === keyLo && lock.context === context);
    if (key !== undefined && keyHi === key.hi && keyLo === key.lo) {
      this.#note(h, 'the no-validate class', name, a.ip);
      a.keyHi = KEY_HI;
      a.keyLo = a.name;
    } else if (subclass > 0 && !isNested) {
      this.#note(h, `nesting level ${subclass} where nothing is nested`, name, a.ip);
      a.subclass = 0;
    }
    held.push({ hi: a.hi, lo: a.lo, keyHi, keyLo, context });
    super.lockAcquire(h, a);
    // The record is the producer's: the next sink must find it as it was.
    a.keyHi = keyHi;
    a.keyLo = keyLo;
    a.subclass = subclass;
  }

  override lockRelease(h: EventHeader, hi: number, lo: number, name: number): void {
    const held = this.#held.get(h.pid);
    const at = held?.findLastIndex((lock) => lock.hi === hi && lock.lo === lo) ?? -1;
    if (at >= 0) held?.splice(at, 1);
    super.lockRelease(h, hi, lo, name);
  }

  override lockdepOff(h: EventHeader, ip: number): void {
    this.#note(h, 'lockdep_off()', undefined, ip);
  }

  override lockdepOn(): void {}

  /** What only annotations hide: findings of the unannotated events that the annotated ones do not show. */
  hidden(bare: readonly Finding[], shown: readonly Finding[]): Finding[] {
    if (this.#annotations.size === 0) return [];
    const known = new Set(shown.map((finding) => finding.fingerprint));
    const alike = new Set(shown.map(likeness));
    const fresh = bare.filter(
      (finding) => finding.severity === 'error' && !known.has(finding.fingerprint) && !alike.has(likeness(finding)),
    );
    return fresh.map((finding) => this.#report(finding));
  }

  #report(finding: Finding): Finding {
    const { annotations } = this;
    const covers = ({ lock }: Annotation) =>
      lock !== undefined && finding.locks.some((name) => baseName(name) === lock);
    const annotation = annotations.find(covers) ?? annotations.find(({ lock }) => lock === undefined) ?? annotations[0];
    const what =
      annotation === undefined
        ? 'an annotation'
        : `${annotation.what}${annotation.lock === undefined ? '' : ` of ${annotation.lock}`}`;
    const place: Evidence[] = annotation === undefined ? [] : [{ what: `${what} is here`, where: annotation.where }];
    return {
      ...finding,
      rule: 'annotation-hides-violation',
      message: `${what} hides ${finding.rule}: ${finding.message}`,
      evidence: [...place, ...finding.evidence],
      fingerprint: fingerprint('annotation-hides-violation', [
        what,
        functionOf(annotation?.where.function ?? ''),
        finding.fingerprint,
      ]),
    };
  }

  #note(h: EventHeader, what: string, lock: string | undefined, ip: number): void {
    const { names, file, ticksPerSecond } = this.#recording;
    const site = names.text(ip);
    const id = `${what} ${lock ?? ''} ${site}`;
    if (this.#annotations.has(id)) return;
    const where: Where = { file, task: `${names.text(h.comm)}-${h.pid}`, cpu: h.cpu, time: h.time / ticksPerSecond };
    if (h.line > 0) where.line = h.line;
    if (site !== '') where.function = site;
    this.#annotations.set(id, { what, lock, where });
  }
}

/** What a finding is of, whatever the nesting levels of its locks: told at another level it is not hidden. */
function likeness({ rule, locks, where }: Finding): string {
  return JSON.stringify([rule, functionOf(where.function ?? ''), [...new Set(locks.map(baseName))].sort()]);
}

/** `lock#2` and `lock/1` are of the name `lock`. */
function baseName(name: string): string {
  return name.replace(/(#\d+)?(\/\d+)?$/, '');
}
