import type { Engines, Law } from '../../judge/index.js';
import type { Finding } from '../../model/finding.js';
import type { Fact, FactBook } from '../walk/facts.js';
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
 * that are sure alone is certain, what needs others is possible.
 */
export function replay(book: FactBook, law: Law, file: string): Replayed {
  const facts = book.all();
  const everything = new Player(book, law, file);
  everything.play(facts);
  const all = everything.findings();
  const sure = facts.filter((fact) => fact.sure);
  let certain = all;
  if (sure.length < facts.length) {
    const player = new Player(book, law, file);
    player.play(sure);
    certain = player.findings();
  }
  const known = new Map(certain.map((finding) => [finding.fingerprint, finding]));
  const findings = all.map((finding) => {
    const better = known.get(finding.fingerprint);
    if (better !== undefined) return better;
    return { ...finding, confidence: 'possible' as const, severity: STEP_DOWN[finding.severity] };
  });
  // What is possible may close a cycle first and so keep a dependency out of the graph that something certain needs.
  const told = new Set(all.map((finding) => finding.fingerprint));
  findings.push(...certain.filter((finding) => !told.has(finding.fingerprint)));
  return { findings, engines: everything.engines, takers: takersOf(facts) };
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
