import type { TreeClass, TreeFunction, TreeUnit } from '../ir/tree.js';
import { join, joinCounted, type Reference, type Value, valueKey } from './value.js';

/** A function of the sources and where it is. */
export interface Code {
  readonly unit: TreeUnit;
  readonly index: number;
  readonly fn: TreeFunction;
}

/** What lockdep knows of an abstract lock. */
export interface LockFacts {
  /** Class name. */
  name: string;
  /** Names the class apart from others of its name. */
  key: string;
  readonly waitInner: number;
  readonly waitOuter: number;
  readonly lockType: number;
  readonly check: boolean;
  noValidate: boolean;
  subclass: number;
  readonly hi: number;
  readonly lo: number;
}

/** A class of the simulated kernel that an abstract object is of, and what it was made with. */
export interface SimFacts {
  readonly cls: string;
  /** Name that the source gave it. */
  readonly name: string;
  readonly lock: LockFacts | undefined;
  /** Locks and the like inside it, by name. */
  readonly parts: ReadonlyMap<string, Thing>;
  /** Memory that it is, for locks in it. */
  readonly memory: { readonly hi: number; readonly lo: number; readonly size: number } | undefined;
}

/** An abstract object: one that the set-up makes, or all that one place of the code makes. */
export class Thing {
  readonly id: number;
  /** Stands for any number of objects: what is put into it joins what is there. */
  readonly many: boolean;
  readonly fields = new Map<string, Value>();
  /** Fields that something after the set-up gives a value. */
  readonly changing = new Set<string>();
  /** Elements of an array whose order is known. */
  items: Value[] | undefined;
  /** Any other element. */
  rest: Value | undefined;
  /** Made with an object of which nothing is known but its class: any object of that class. */
  isSome = false;
  /** A Map: it holds values, and is gone through as pairs. */
  isMap = false;
  readonly ref: Reference;
  readonly heap: Heap;
  /** Uncertain branches of the set-up around the place that made it. */
  readonly #within: number;
  code: Code | undefined;
  /** What a closure has copied. */
  env: ReadonlyMap<string, Value> | undefined;
  self: Value | undefined;
  /** Arguments that bind() put before the call's. */
  bound: readonly Value[] = [];
  cls: { readonly unit: TreeUnit; readonly cls: TreeClass } | undefined;
  /** Code that made it, where that is known. */
  place: string | undefined;
  /** It is the class itself. */
  isClass = false;
  sim: SimFacts | undefined;

  constructor(heap: Heap, id: number, many: boolean) {
    this.heap = heap;
    this.id = id;
    this.many = many;
    this.ref = { t: 'ref', o: this };
    this.#within = heap.uncertain;
  }

  /** Giving it a value leaves nothing of the old one: there is one such object, and no path goes around the assignment. */
  get isExact(): boolean {
    return !this.many && this.heap.concrete && this.heap.uncertain <= this.#within;
  }

  put(field: string, value: Value): void {
    if (!this.heap.concrete && !this.many && !this.changing.has(field)) {
      this.changing.add(field);
      this.heap.version++;
    }
    const old = this.fields.get(field);
    const next = old === undefined || this.isExact ? value : joinCounted(old, value);
    if (old !== undefined && valueKey(old) === valueKey(next)) return;
    this.fields.set(field, next);
    this.heap.version++;
  }

  /** An element of an array, a map or a set gets a value. */
  add(value: Value): void {
    const old = this.rest;
    const next = old === undefined ? value : join(old, value);
    if (old !== undefined && valueKey(old) === valueKey(next)) return;
    this.rest = next;
    this.heap.version++;
  }

  /** An entry of a map; one whose key is known can be told from the others. */
  putKey(key: Value, value: Value): void {
    if (key.t === 'const') this.put(`[${String(key.v)}`, value);
    this.add(value);
  }

  copyMap(from: Thing): void {
    for (const [field, value] of from.fields) if (field.startsWith('[')) this.put(field, value);
    if (from.rest !== undefined) this.add(from.rest);
  }

  /** Forgets in which order the elements are. */
  blur(): void {
    if (this.items === undefined) return;
    const { items } = this;
    this.items = undefined;
    for (const item of items) this.add(item);
    this.heap.version++;
  }

  /** Any element; undefined when there is none. */
  get element(): Value | undefined {
    let value = this.rest;
    for (const item of this.items ?? []) value = value === undefined ? item : join(value, item);
    return value;
  }
}

/** Tells what one object's methods make from what another's make, for objects of the set-up: there are so many and no more. */
export function ownerKey(self: Value | undefined): string {
  return self?.t === 'ref' && !self.o.many ? `@${self.o.id}` : '';
}

/** All abstract objects. What is in them does not depend on when one looks, but during set-up. */
export class Heap {
  /** Counts changes: what was computed from an older heap may be incomplete. */
  version = 0;
  /** Set-up is running: every object is one, and an assignment replaces. */
  concrete = true;
  /** Branches of the set-up that are being walked although another may be taken. */
  uncertain = 0;
  /** Objects are made of which nothing is known but their classes. */
  guessing = 0;
  /** Fields that conditions told of, by the key of what they told. */
  readonly settled = new Map<string, { readonly thing: Thing; readonly name: string }>();
  #next = 1;
  readonly #places = new Map<string, Thing>();
  #address = 0x1000;

  /** The object that is made at a place of the code: a new one during set-up. */
  make(place: string): Thing {
    if (this.concrete) {
      const made = new Thing(this, this.#next++, false);
      made.place = place;
      made.isSome = this.guessing > 0;
      return made;
    }
    let thing = this.#places.get(place);
    if (thing === undefined) {
      thing = new Thing(this, this.#next++, true);
      this.#places.set(place, thing);
      this.version++;
    }
    return thing;
  }

  /** The one object of that name, whoever asks. */
  named(place: string, fill: (thing: Thing) => void): Thing {
    let thing = this.#places.get(place);
    if (thing === undefined) {
      thing = new Thing(this, this.#next++, true);
      this.#places.set(place, thing);
      fill(thing);
      this.version++;
    }
    return thing;
  }

  /** All addresses are below. */
  get size(): number {
    return this.#address;
  }

  /** An address of its own. */
  address(size: number): number {
    this.#address += 64;
    const at = this.#address;
    this.#address += size;
    return at;
  }
}
