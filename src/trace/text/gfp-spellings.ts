import { parseGfp } from '../../model/gfp.js';
import { ByteNames } from './byte-names.js';

/** Canonical masks of gfp flags as lines spell them: every distinct spelling is parsed once. */
export class GfpSpellings {
  readonly #spellings = new ByteNames();
  readonly #masks: number[] = [0];

  /** The mask of the spelling at [start, end); -1 when there is none. */
  mask(buf: Uint8Array, start: number, end: number): number {
    const id = this.#spellings.internRange(buf, start, end);
    if (id === 0) return -1;
    let mask = this.#masks[id];
    if (mask === undefined) {
      mask = parseGfp(this.#spellings.text(id));
      this.#masks[id] = mask;
    }
    return mask;
  }
}
