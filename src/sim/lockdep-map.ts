import { LockType } from '../model/wait-type.js';
import { NO_VALIDATE_KEY } from './addresses.js';
import type { Machine } from './machine.js';

/** Options that every lock takes at its creation. */
export interface LockOptions {
  /**
   * Names the lock's class: locks created with equal keys are of one class. Default: their name, so that all locks of
   * one name and kind are one class, as all locks initialised at one place of the source are.
   */
  key?: string;
  /** Object of simulated memory that the lock lies in: freeing it while the lock is held is found. */
  in?: MemoryRange;
  /** lockdep_set_novalidate_class(): lockdep keeps no dependencies of it. */
  noValidate?: boolean;
}

/** A stretch of simulated memory. */
export interface MemoryRange {
  readonly hi: number;
  readonly lo: number;
  readonly size: number;
}

/** What lockdep knows of a lock (struct lockdep_map). */
export class LockdepMap {
  readonly hi: number;
  readonly lo: number;
  /** Name as given. */
  label: string;
  /** Name id of `label`. */
  name: number;
  keyHi: number;
  keyLo: number;
  /** Subclass given by lockdep_set_class_and_subclass(), added to none: it replaces 0. */
  subclass = 0;
  readonly waitOuter: number;
  readonly waitInner: number;
  readonly lockType: number;
  /** 0: acquisitions are not validated. */
  readonly check: number;

  constructor(
    machine: Machine,
    label: string,
    waitInner: number,
    options: LockOptions = {},
    waitOuter = 0,
    lockType: number = LockType.Normal,
    check = 1,
  ) {
    const at = options.in === undefined ? machine.addresses.lock() : machine.addresses.inside(options.in);
    this.hi = at.hi;
    this.lo = at.lo;
    this.label = label;
    this.name = machine.names.intern(label);
    machine.annotated ||= options.noValidate === true;
    const key = options.noValidate ? NO_VALIDATE_KEY : machine.addresses.key(options.key ?? label, waitInner);
    this.keyHi = key.hi;
    this.keyLo = key.lo;
    this.waitOuter = waitOuter;
    this.waitInner = waitInner;
    this.lockType = lockType;
    this.check = check;
  }
}
