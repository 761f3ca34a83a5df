import type { TreeCall, TreeClass, TreeFunction, TreeUnit } from '../ir/tree.js';
import {
  haveSameObjects,
  join,
  joinCounted,
  losesSome,
  type Reference,
  sameValue,
  UNDEFINED,
  type Value,
  valueKey,
  withoutNewTexts,
} from './value.js';

/** A function of the sources and where it is. */
export interface Code {
  readonly unit: TreeUnit;
  readonly index: number;
  readonly fn: TreeFunction;
}

/** A class of the sources, with what it has captured where it was made. */
export interface ClassCode {
  readonly unit: TreeUnit;
  readonly cls: TreeClass;
  readonly env?: ReadonlyMap<string, Value>;
  /** The class that it extends, where an expression tells which. */
  readonly base?: Thing;
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

/** A call that waits until something runs it. */
export interface Pending {
  /** The function, or the object of the simulated kernel whose method it is. */
  readonly of: Thing;
  /** The method's call; undefined for functions of the sources. */
  readonly api: TreeCall | undefined;
  readonly self: Value | undefined;
  readonly args: readonly Value[];
  /** Function without `yield*` that made it and returns it, and the line there. */
  readonly via: { readonly file: string; readonly function: string; readonly line: number } | undefined;
}

/** Values of a field may be too many to be told apart so often before numbers and texts among them are no news; and objects. */
const MOST_LOST = 2;
const MOST_LOST_OBJECTS = 6;

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
  /** An object literal: it has the properties that it was made with or given, and no others. */
  isRecord = false;
  /** It may have more properties than are known: those of something that is not known were put into it. */
  isOpen = false;
  /** A Map: it holds values, and is gone through as pairs. */
  isMap = false;
  /** Keys of a map's entries, by the field that has the value. */
  readonly keys = new Map<string, Value>();
  /** A map that has, or may lack, entries whose keys are not known. */
  unkeyed = false;
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
  cls: ClassCode | undefined;
  /** Getters and setters of an object literal. */
  accessors: Map<string, { get?: Value; set?: Value }> | undefined;
  /** Code that made it, where that is known. */
  place: string | undefined;
  /** It is the class itself. */
  isClass = false;
  sim: SimFacts | undefined;

  /** A generator that was made and is yet to be run. */
  pending: Pending | undefined;

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
    const next = old === undefined || this.isExact ? value : joinCounted(old, this.heap.news(old, value));
    if (old !== undefined && sameValue(old, next)) return;
    this.fields.set(field, next);
    this.heap.changed(`${this.id}.${field}`, old, next);
  }

  /** An element of an array, a map or a set gets a value. */
  add(value: Value): void {
    const old = this.rest;
    const next = old === undefined ? value : join(old, this.heap.news(old, value));
    if (old !== undefined && sameValue(old, next)) return;
    this.rest = next;
    this.heap.changed(`${this.id}[]`, old, next);
  }

  /** An entry of a map; one whose key is known can be told from the others. */
  putKey(key: Value, value: Value): void {
    const text = keyText(key);
    if (text === undefined || !this.heap.concrete) this.unkeyed = true;
    if (text !== undefined) {
      this.put(text, value);
      this.keys.set(text, key);
    }
    this.add(value);
  }

  copyMap(from: Thing): void {
    for (const [text, key] of from.keys) {
      const value = from.fields.get(text);
      if (value !== undefined) this.putKey(key, value);
    }
    if (from.unkeyed) this.unkeyed = true;
    if (from.rest !== undefined) this.add(from.rest);
  }

  /** The entries of a map that the set-up has filled and nothing changed since, in order. */
  get entries(): readonly (readonly [key: Value, value: Value])[] | undefined {
    if (!this.isMap || this.unkeyed || this.many) return undefined;
    return [...this.keys].map(([text, key]) => [key, this.fields.get(text) ?? UNDEFINED]);
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

/** The field of a map's entry whose key is known. */
export function keyText(key: Value): string | undefined {
  if (key.t === 'const') return `[${String(key.v)}`;
  return key.t === 'ref' && !key.o.many ? `[@${key.o.id}` : undefined;
}

/** Tells what one object's methods make from what another's make, for objects of the set-up: there are so many and no more. */
export function ownerKey(self: Value | undefined): string {
  return self?.t === 'ref' && !self.o.many ? `@${self.o.id}` : '';
}

/** Lists or objects of one place that are told apart by what is in them. */
const MOST_VARIANTS = 16;

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
  readonly #variants = new Map<string, number>();
  #address = 0x1000;
  /** How often values of a place were too many to be told apart. */
  readonly #lost = new Map<string, number>();
  /** Something new turned up in so many rounds that numbers and texts are not counted on any more: more of them are any. */
  isLate = false;

  /** What is new to a place in a value. */
  news(old: Value, value: Value): Value {
    return this.isLate && !this.concrete ? withoutNewTexts(old, value) : value;
  }

  /**
   * A place has other values than before. Such as were too many, and are one that is not known, are gathered anew from then on, without end:
   * that is no news.
   */
  changed(place: string, old: Value | undefined, next: Value): void {
    if (old !== undefined && !this.concrete) {
      const lost = this.#lost.get(place) ?? 0;
      if (lost >= MOST_LOST_OBJECTS || (lost >= MOST_LOST && haveSameObjects(old, next))) return;
      if (losesSome(old, next)) this.#lost.set(place, lost + 1);
    }
    this.version++;
  }

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
      thing.place = place;
      this.#places.set(place, thing);
      this.version++;
    }
    return thing;
  }

  /** The list that is made at a place of the code: outside set-up one for each content, so that callers are told apart. */
  makeList(place: string, items: readonly Value[]): Thing {
    const thing = this.#variant(place, () => items.map(valueKey).join());
    if (thing === undefined) {
      const shared = this.make(place);
      if (shared.many) for (const item of items) shared.add(item);
      else shared.items = [...items];
      return shared;
    }
    if (thing.isNew) thing.made.items = [...items];
    return thing.made;
  }

  /** The object with these fields that is made at a place of the code: outside set-up one for each content. */
  makeRecord(place: string, fields: ReadonlyMap<string, Value>): Thing {
    const key = (): string => [...fields].map(([name, value]) => `${name}=${valueKey(value)}`).join();
    const thing = this.#variant(place, key)?.made ?? this.make(place);
    thing.isRecord = true;
    for (const [name, value] of fields) thing.put(name, value);
    return thing;
  }

  /** The object that a place of the code makes of these arguments: outside set-up one for each, where lists, functions and objects are among them. */
  makeWith(place: string, args: readonly Value[]): Thing {
    const isTold = args.some((arg) => arg.t === 'ref' && arg.o.sim === undefined);
    const variant = isTold ? this.#variant(place, () => args.map(valueKey).join()) : undefined;
    return variant?.made ?? this.make(place);
  }

  /** Contents of one place that are kept apart. */
  #variant(place: string, content: () => string): { readonly made: Thing; readonly isNew: boolean } | undefined {
    if (this.concrete) return undefined;
    const key = `${place}#${content()}`;
    const known = this.#places.get(key);
    if (known !== undefined) return { made: known, isNew: false };
    const count = this.#variants.get(place) ?? 0;
    if (count >= MOST_VARIANTS) return undefined;
    this.#variants.set(place, count + 1);
    const made = new Thing(this, this.#next++, true);
    made.place = place;
    this.#places.set(key, made);
    this.version++;
    return { made, isNew: true };
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
