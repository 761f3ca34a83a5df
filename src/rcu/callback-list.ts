import type { Body } from '../sim/index.js';

/** A queued callback (struct rcu_head with its function). */
export interface Callback {
  readonly invoke: Body;
  /** Sequence number at which it may run, for checks only: the snapshot taken when it was queued. */
  readonly notBefore: number;
}

/** Segments of a callback list, in order. */
export const Segment = {
  /** Their grace period is over: ready to be invoked. */
  Done: 0,
  /** Wait for the running grace period. */
  Wait: 1,
  /** Wait for the one after it. */
  NextReady: 2,
  /** Not yet tied to a grace period. */
  Next: 3,
} as const;

/**
 * A CPU's callbacks by the grace period that they wait for (struct rcu_segcblist, kernel/rcu/rcu_segcblist.c). One array a
 * segment instead of tail pointers into one list. Guarded by turning interrupts off on its CPU, and by the leaf node's lock
 * where segments move.
 */
export class CallbackList {
  readonly #segments: Callback[][] = [[], [], [], []];
  /** Grace period that each of Wait and NextReady waits for. */
  readonly #gpSeq = [0, 0, 0, 0];

  get length(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.length, 0);
  }

  /** rcu_segcblist_ready_cbs() */
  get ready(): number {
    return this.#of(Segment.Done).length;
  }

  /** Some callbacks wait for a grace period. rcu_segcblist_pend_cbs() */
  get pending(): boolean {
    return this.length > this.ready;
  }

  /** Some callbacks are not tied to a grace period. */
  get untied(): boolean {
    return this.#of(Segment.Next).length > 0;
  }

  /** Sequence numbers and lengths of the segments, for tests and reports. */
  get shape(): readonly { gpSeq: number; length: number }[] {
    return this.#segments.map((segment, i) => ({ gpSeq: this.#gpSeq[i] ?? 0, length: segment.length }));
  }

  /** rcu_segcblist_enqueue() */
  enqueue(callback: Callback): void {
    this.#of(Segment.Next).push(callback);
  }

  /**
   * Puts a callback behind the last one, in its segment; when all that there were are being invoked (`invoking`), among the ready ones.
   * False when there is none. rcu_segcblist_entrain()
   */
  entrain(callback: Callback, invoking: boolean): boolean {
    const last = this.#segments.findLast((segment) => segment.length > 0);
    if (last === undefined && !invoking) return false;
    (last ?? this.#of(Segment.Done)).push(callback);
    return true;
  }

  /** Makes those ready whose grace period is over at `seq`. rcu_segcblist_advance() */
  advance(seq: number, tooFar = false): void {
    const from = Segment.Wait;
    let over: number = from;
    while (over < Segment.Next && (this.#gpSeq[over] ?? 0) <= seq) over++;
    if (tooFar && over < Segment.Next) over++;
    if (over === from) return;
    for (let i: number = from; i < over; i++) this.#of(Segment.Done).push(...this.#of(i).splice(0));
    // What still waits moves up, so that a segment is free for the next grace period.
    let to: number = from;
    for (let i = over; i < Segment.Next; i++, to++) {
      if (this.#of(i).length === 0 && to === i) continue;
      this.#of(to).push(...this.#of(i).splice(0));
      this.#gpSeq[to] = this.#gpSeq[i] ?? 0;
    }
  }

  /**
   * Ties what has no grace period yet to `seq`, and what waits for a later one than that too. True when someone now needs
   * the grace period `seq`. rcu_segcblist_accelerate()
   */
  accelerate(seq: number): boolean {
    let at: number = Segment.NextReady;
    while (at > Segment.Done && !(this.#of(at).length > 0 && (this.#gpSeq[at] ?? 0) < seq)) at--;
    if (this.#restEmpty(at)) return false;
    at++;
    if (at >= Segment.Next) return false;
    for (let i = at + 1; i <= Segment.Next; i++) this.#of(at).push(...this.#of(i).splice(0));
    for (let i = at; i < Segment.Next; i++) this.#gpSeq[i] = seq;
    return true;
  }

  /** Takes the ready ones off. rcu_segcblist_extract_done_cbs() */
  takeDone(): Callback[] {
    return this.#of(Segment.Done).splice(0);
  }

  /** Grace period that the oldest callback which is not ready waits for. rcu_segcblist_nextgp() */
  get nextGp(): number | undefined {
    return this.pending ? this.#gpSeq[Segment.Wait] : undefined;
  }

  /** Takes over what a CPU that is dead leaves: ready ones stay so, the rest begins anew. rcu_segcblist_merge() */
  merge(from: CallbackList): void {
    const { done, pending } = from.takeAll();
    this.#of(Segment.Done).push(...done);
    this.#of(Segment.Next).push(...pending);
  }

  /** Takes everything off, in order: for a CPU that goes away. */
  takeAll(): { done: Callback[]; pending: Callback[] } {
    const done = this.takeDone();
    return { done, pending: this.#segments.flatMap((segment) => segment.splice(0)) };
  }

  /** Puts back what was taken off and not invoked. rcu_segcblist_insert_done_cbs() */
  putBackDone(callbacks: readonly Callback[]): void {
    this.#of(Segment.Done).unshift(...callbacks);
  }

  #restEmpty(segment: number): boolean {
    for (let i = segment + 1; i < this.#segments.length; i++) if (this.#of(i).length > 0) return false;
    return true;
  }

  #of(segment: number): Callback[] {
    const list = this.#segments[segment];
    if (list === undefined) throw new RangeError(`segment ${segment}`);
    return list;
  }
}
