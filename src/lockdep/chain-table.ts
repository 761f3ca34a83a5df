import { grownInt32 } from './growable.js';
import { TripleTable } from './triple-table.js';

/**
 * Lock chains: sequences of held classes within one context, as a trie. Extending a chain costs one look-up, and two
 * chains are the same exactly when their ids are (lockdep hashes them instead, with a small risk of collisions).
 *
 * Chain 0 is the empty chain. A step is a class together with how it was taken, so that a chain that was validated
 * with a trylock in it is not mistaken for one without.
 */
export class ChainTable {
  readonly #steps = new TripleTable();
  #validated = new Int32Array(1024);
  #hits = new Int32Array(1024);
  #epoch = 1;
  #validatedCount = 0;

  /** The empty chain. */
  static readonly Empty = 0;

  /** The chain that `step` makes of `chain`. */
  extend(chain: number, step: number): number {
    const id = this.#steps.intern(chain, step, 0) + 1;
    if (id >= this.#validated.length) {
      this.#validated = grownInt32(this.#validated, id + 1);
      this.#hits = grownInt32(this.#hits, id + 1);
    }
    this.#hits[id]++;
    return id;
  }

  /** True until {@link setValidated}, and again after {@link forgetValidations}. */
  isNew(chain: number): boolean {
    return this.#validated[chain] !== this.#epoch;
  }

  setValidated(chain: number): void {
    if (this.#validated[chain] === 0) this.#validatedCount++;
    this.#validated[chain] = this.#epoch;
  }

  /** Every chain must be judged again: dependencies were withdrawn. */
  forgetValidations(): void {
    this.#epoch++;
  }

  /** Chains that were ever validated. */
  get count(): number {
    return this.#validatedCount;
  }

  /** How many chains exist, validated or not; ids run from 1 to this. */
  get size(): number {
    return this.#steps.size;
  }

  /** How often the chain was entered. */
  hits(chain: number): number {
    return this.#hits[chain];
  }

  parentOf(chain: number): number {
    return this.#steps.first(chain - 1);
  }

  stepOf(chain: number): number {
    return this.#steps.second(chain - 1);
  }
}
