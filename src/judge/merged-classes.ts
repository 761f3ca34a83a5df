import { AcquireHas, type LockAcquire } from '../model/events.js';

/** A key as two halves. */
interface Key {
  readonly hi: number;
  readonly lo: number;
}

/** Values by key, without making a string or an object for a look-up. */
class KeyMap<T> {
  readonly #byHi = new Map<number, Map<number, T>>();

  get(hi: number, lo: number): T | undefined {
    return this.#byHi.get(hi)?.get(lo);
  }

  set(hi: number, lo: number, value: T): void {
    const byLo = this.#byHi.get(hi);
    if (byLo === undefined) this.#byHi.set(hi, new Map([[lo, value]]));
    else byLo.set(lo, value);
  }
}

/**
 * Gives lock classes of several recordings one identity each. Keys are addresses, which another build or boot places
 * elsewhere, so classes are matched by name; classes of one recording that share a name stay apart, and the second one
 * to be seen is matched with the second one of the other recordings. A class keeps the key that it was first seen with.
 */
export class MergedClasses {
  /** The key that stands for `name#n` in all recordings. */
  readonly #canonical = new Map<string, Key>();
  readonly #taken = new KeyMap<true>();
  /** Of the current recording: its keys' canonical ones, and how many keys a name has. */
  #keys = new KeyMap<Key>();
  #versions = new Map<number, number>();
  #noValidate: Key | undefined;

  /** A new recording begins. `noValidateKey` is its key of classes that are never validated, where it tells. */
  begin(noValidateKey: Key | undefined): void {
    this.#keys = new KeyMap();
    this.#versions = new Map();
    if (noValidateKey === undefined) return;
    this.#noValidate ??= noValidateKey;
    this.#taken.set(this.#noValidate.hi, this.#noValidate.lo, true);
    this.#keys.set(noValidateKey.hi, noValidateKey.lo, this.#noValidate);
  }

  /** Replaces the key of an acquisition, whose name is an id common to all recordings. */
  translate(a: LockAcquire): void {
    if (!(a.has & AcquireHas.Key)) return;
    const isOwnKey = a.keyHi === 0 && a.keyLo === 0;
    const key = this.keyOf(isOwnKey ? a.hi : a.keyHi, isOwnKey ? a.lo : a.keyLo, a.name);
    a.keyHi = key.hi;
    a.keyLo = key.lo;
  }

  /** The key common to all recordings for a key of the current one, first seen with this name. */
  keyOf(hi: number, lo: number, name: number): Key {
    const known = this.#keys.get(hi, lo);
    if (known !== undefined) return known;
    const version = (this.#versions.get(name) ?? 0) + 1;
    this.#versions.set(name, version);
    const identity = `${name}#${version}`;
    let key = this.#canonical.get(identity);
    if (key === undefined) {
      key = this.#free({ hi, lo });
      this.#canonical.set(identity, key);
    }
    this.#keys.set(hi, lo, key);
    return key;
  }

  /** `key`, or the next address that stands for no other class: another recording may use the same one differently. */
  #free(key: Key): Key {
    let { lo } = key;
    while (this.#taken.get(key.hi, lo)) lo = (lo + 1) | 0;
    this.#taken.set(key.hi, lo, true);
    return { hi: key.hi, lo };
  }
}
