import type { ChangedDependency, Dependency, GraphDiff, LockClass, LockGraph } from '../model/lock-graph.js';

/** Dependencies that `now` has and `before` has not, and the other way round; classes are matched by name and kind. */
export function diffOf(now: LockGraph, before: LockGraph): GraphDiff {
  const own = indexOf(now);
  const other = indexOf(before);
  let kept = 0;
  for (const key of own.dependencies.keys()) if (other.dependencies.has(key)) kept++;
  return { added: onlyIn(own, other), vanished: onlyIn(other, own), kept };
}

interface Index {
  readonly classes: ReadonlySet<string>;
  readonly dependencies: ReadonlyMap<
    string,
    { readonly from: LockClass; readonly to: LockClass; readonly dependency: Dependency }
  >;
}

function indexOf({ classes, dependencies }: LockGraph): Index {
  const byId = new Map(classes.map((cls) => [cls.id, cls]));
  const byIdentity = new Map<string, { from: LockClass; to: LockClass; dependency: Dependency }>();
  for (const dependency of dependencies) {
    const from = byId.get(dependency.from);
    const to = byId.get(dependency.to);
    if (from === undefined || to === undefined) continue;
    const key = JSON.stringify([identityOf(from), identityOf(to)]);
    // Classes that share name and kind fall together: the first of them speaks for all.
    if (!byIdentity.has(key)) byIdentity.set(key, { from, to, dependency });
  }
  return { classes: new Set(classes.map(identityOf)), dependencies: byIdentity };
}

function onlyIn(one: Index, other: Index): ChangedDependency[] {
  const changed: ChangedDependency[] = [];
  for (const [key, entry] of one.dependencies) {
    if (other.dependencies.has(key)) continue;
    const unknownEnds = (['from', 'to'] as const).filter((end) => !other.classes.has(identityOf(entry[end])));
    changed.push({ ...entry, unknownEnds });
  }
  return changed;
}

/** What a class is known by in another recording: its name and subclass, and its wait types. */
function identityOf(cls: LockClass): string {
  return JSON.stringify([cls.stableName, cls.waitOuter, cls.waitInner]);
}
