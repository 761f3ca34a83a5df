import type { Engines, Law } from '../../judge/index.js';
import type { Finding } from '../../model/finding.js';
import type { Fact, FactBook } from '../walk/facts.js';
import { ToldLeaks } from './leaks.js';
import { Player } from './player.js';

/** The judgement of what the code may do. */
export interface Replayed {
  readonly findings: readonly Finding[];
  readonly engines: Engines;
  readonly takers: readonly NamedTaker[];
}

/** Places in a function that take locks of a class, by lockdep's name of it. */
export interface NamedTaker {
  readonly cls: string;
  readonly function: string;
  readonly count: number;
}

/**
 * Lets the engines that judge runs and recordings judge what the walk found: each operation in each state that the code
 * can be in is shown to them as a small run of its own, the locks of the state taken first. What follows from operations
 * that are sure alone is certain, what needs others is possible. So is what nothing but a lock shows that a function forgot to
 * release, as far as that is told: lockdep would be off by then.
 */
export function replay(book: FactBook, law: Law, file: string): Replayed {
  const facts = book.all();
  const judge = (of: readonly Fact[]): Player => {
    const player = new Player(book, law, file);
    player.play(of);
    return player;
  };
  const everything = judge(facts);
  const takers = takersOf(facts);
  const all = graded(facts, everything.findings(), judge);
  const leaks = new ToldLeaks(facts);
  if (leaks.isEmpty) return { findings: all, engines: everything.engines, takers };
  const mended = leaks.mended(facts);
  const own = graded(mended, judge(mended).findings(), judge).filter((finding) => !isEnd(finding));
  const ends = all.filter(isEnd);
  const ofOwn = new Set(own.map((finding) => finding.fingerprint));
  const following = all.filter((finding) => !isEnd(finding) && !ofOwn.has(finding.fingerprint));
  const told = following.map((finding) => leaks.following(possible(finding), ends));
  return { findings: [...ends, ...own, ...told], engines: everything.engines, takers };
}

function isEnd({ rule }: Finding): boolean {
  return rule === 'held-at-exit';
}

/** Findings with what is certain of them. */
function graded(facts: readonly Fact[], all: readonly Finding[], judge: (of: readonly Fact[]) => Player): Finding[] {
  const sure = facts.filter((fact) => fact.sure);
  const certain = sure.length < facts.length ? judge(sure).findings() : all;
  const known = new Map(certain.map((finding) => [finding.fingerprint, finding]));
  const findings = all.map((finding) => known.get(finding.fingerprint) ?? possible(finding));
  // What is possible may close a cycle first and so keep a dependency out of the graph that something certain needs.
  const told = new Set(all.map((finding) => finding.fingerprint));
  findings.push(...certain.filter((finding) => !told.has(finding.fingerprint)));
  return findings;
}

function possible(finding: Finding): Finding {
  if (finding.confidence === 'possible') return finding;
  return { ...finding, confidence: 'possible', severity: STEP_DOWN[finding.severity] };
}

function takersOf(facts: readonly Fact[]): NamedTaker[] {
  const takers = new Map<string, { readonly cls: string; readonly function: string; readonly places: Set<string> }>();
  for (const { deed, moment } of facts) {
    if (deed.do !== 'acquire') continue;
    const { lock, subclass } = deed.lock;
    const name = lock.sim?.lock?.name ?? '';
    const cls = subclass === 0 ? name : `${name}/${subclass}`;
    const key = `${cls} ${moment.function}`;
    const taker = takers.get(key) ?? { cls, function: moment.function, places: new Set<string>() };
    takers.set(key, taker);
    taker.places.add(`${moment.file}:${moment.line}`);
  }
  return [...takers.values()].map(({ places, ...taker }) => ({ ...taker, count: places.size }));
}

const STEP_DOWN = { error: 'warning', warning: 'note', note: 'note' } as const;
