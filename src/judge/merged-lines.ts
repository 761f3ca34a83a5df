import type { Evidence, Finding, FindingDetail, HeldDescription, Where } from '../model/finding.js';

/** One recording's share of the line numbers. */
interface Share {
  readonly file: string;
  /** What was added to its line numbers. */
  readonly first: number;
}

/**
 * Several recordings as one have one line count: each recording's lines follow the last one's. Events carry no file, so
 * the line number tells afterwards which recording a place is in.
 */
export class MergedLines {
  readonly #shares: Share[] = [];
  #next = 1;

  /** Opens a recording's share and returns what to add to its line numbers. */
  begin(file: string): number {
    const first = this.#next;
    this.#shares.push({ file, first });
    return first;
  }

  /** The recording ended at its own line `last` (0 where it has no lines). */
  end(last: number): void {
    this.#next += last + 1;
  }

  /** The finding with every place in terms of the recording that it is in. */
  locate(finding: Finding): Finding {
    const { detail } = finding;
    return {
      ...finding,
      where: this.where(finding.where),
      evidence: finding.evidence.map((step): Evidence => ({ ...step, where: this.where(step.where) })),
      ...(detail && { detail: this.#detail(detail) }),
    };
  }

  #detail(detail: FindingDetail): FindingDetail {
    const lock = (held: HeldDescription): HeldDescription => ({ ...held, where: this.where(held.where) });
    return {
      ...detail,
      ...(detail.held && { held: detail.held.map(lock) }),
      ...(detail.wanted && { wanted: lock(detail.wanted) }),
    };
  }

  /** A place in terms of the recording that it is in. */
  where(where: Where): Where {
    const { line, file: _all, ...rest } = where;
    const share = line === undefined ? undefined : this.#shares.findLast(({ first }) => first <= line);
    if (line === undefined || share === undefined) return where;
    const own = line - share.first;
    return own > 0 ? { file: share.file, line: own, ...rest } : { file: share.file, ...rest };
  }
}
