/** One check of the validator, switched off or turned round: `search` occurs exactly once in the file. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

const in_ = (file: string, ...list: readonly (readonly [string, string, string])[]): Mutation[] =>
  list.map(([name, search, replace]) => ({ name, file, search, replace }));

export const MUTATIONS: readonly Mutation[] = [
  ...in_(
    'strong-path.ts',
    [
      'forwards: a recursive reader may be followed by a shared holder',
      'weak ? graph.kindsOf(edge) & DEP_E : graph.kindsOf(edge)',
      'graph.kindsOf(edge)',
    ],
    ['forwards: every step counts as non-recursive', '(kinds & DEP_N ? 0 : 1)', '0'],
    [
      'backwards: a shared holder may be preceded by a recursive reader',
      'weak ? graph.kindsOf(edge) & DEP_N : graph.kindsOf(edge)',
      'graph.kindsOf(edge)',
    ],
    ['backwards: every step counts as exclusive', '(kinds & DEP_E ? 0 : 1)', '0'],
    [
      'forwards: how the start was taken is ignored',
      'this.#begin(start * 2 + (startRecursive ? 1 : 0), classCount)',
      'this.#begin(start * 2, classCount)',
    ],
    [
      'backwards: how the start was held is ignored',
      'this.#begin(start * 2 + (startShared ? 1 : 0), classCount)',
      'this.#begin(start * 2, classCount)',
    ],
    [
      'a class is visited in one state only',
      'this.#seen[state] === this.#epoch || this.#seen[state & ~1] === this.#epoch',
      'this.#seen[state] === this.#epoch || this.#seen[state ^ 1] === this.#epoch',
    ],
    [
      'depth first: paths are not the shortest',
      'const state = this.#queue[head];\n      const cls = state >> 1;\n      const weak = state & 1;\n      if (!enter(cls)) continue;\n      if (visit(cls, weak === 1)) {\n        this.#found = state;\n        return true;\n      }\n      for (let edge = graph.firstOut',
      'const state = this.#queue[--tail];\n      head--;\n      const cls = state >> 1;\n      const weak = state & 1;\n      if (!enter(cls)) continue;\n      if (visit(cls, weak === 1)) {\n        this.#found = state;\n        return true;\n      }\n      for (let edge = graph.firstOut',
    ],
  ),
  ...in_(
    'path-levels.ts',
    ['back edges are forgotten', 'return starts && ends;', 'return false;'],
    ['levels do not rise behind a dependency', 'work.push(next);', ''],
    ['a circle within a level is not seen', 'if (this.#seen[to] === this.#epoch) return true;', ''],
    [
      'a circle over levels is not seen',
      'return this.#raiseBehind(to, from, complete);',
      'this.#raiseBehind(to, from, complete);\n    return false;',
    ],
  ),
  ...in_(
    'dependency-graph.ts',
    ['the held end always counts as exclusive', '(prevRead === 0 ? 1 : 0)', '1'],
    ['the taken end never counts as recursive', '(nextRead !== 2 ? 2 : 0)', '2'],
    [
      'usage behind a class does not spread when a dependency is added',
      'this.#spreadEnabled(from, this.#enabledBehind[to]);',
      '',
    ],
    [
      'usage before a class does not spread when a dependency is added',
      'this.#spreadUsedIn(to, this.#usedInBefore[from]);',
      '',
    ],
    [
      'dependencies are not withdrawn',
      '    this.#kinds[edge] = 0;\n    this.#direct[edge] = 0;\n    this.#alive--;',
      '',
    ],
  ),
  ...in_(
    'chain-validation.ts',
    ['recursion is not looked for', "if (recursion === 'nested') return true;", 'void recursion;'],
    [
      'read recursion is reported',
      'if (heldRead(task, index) === ReadKind.SharedRecursive && heldRead(task, below) !== ReadKind.Write) continue;',
      '',
    ],
    [
      'any reader may recurse',
      'heldRead(task, index) === ReadKind.SharedRecursive && heldRead(task, below) !== ReadKind.Write',
      'heldRead(task, index) !== ReadKind.Write && heldRead(task, below) !== ReadKind.Write',
    ],
    [
      'a recursive reader may be taken inside a writer',
      'heldRead(task, index) === ReadKind.SharedRecursive && heldRead(task, below) !== ReadKind.Write',
      'heldRead(task, index) === ReadKind.SharedRecursive',
    ],
    ['a nest lock does not serialise', "if (nested) return 'nested';", ''],
    [
      'any held lock serialises',
      'held[other + Held.InstanceLo] === nestLo && held[other + Held.InstanceHi] === nestHi',
      'true',
    ],
    [
      'recursion: interrupts own what they interrupt',
      'held[other + Held.Class] !== cls || task.contextOf(below) !== context',
      'held[other + Held.Class] !== cls',
    ],
    [
      'dependencies reach into the interrupted context',
      'below >= 0 && task.contextOf(below) === context; below--, distance++',
      'below >= 0; below--, distance++',
    ],
    ['dependencies do not go past a held trylock', 'if (!(flags & HeldFlag.Trylock)) break;', 'break;'],
    ['dependencies go past every held lock', 'if (!(flags & HeldFlag.Trylock)) break;', ''],
    ['every dependency is direct', 'below, index, distance === 1)', 'below, index, true)'],
    ['no dependency is direct', 'below, index, distance === 1)', 'below, index, false)'],
    [
      'a dependency that becomes direct is not noted',
      'if (direct && !graph.isDirect(known)) graph.strengthen(known, kind, true);',
      '',
    ],
    [
      'unvalidated holdings make dependencies',
      'if (!(flags & HeldFlag.Check) || state.classes.isNoValidate(heldClass(task, below))) continue;',
      '',
    ],
    [
      'suspect holdings make dependencies',
      '    if (flags & HeldFlag.Suspect) {\n      settled = false;\n      continue;\n    }\n    if (!addDependency',
      '    if (!addDependency',
    ],
    ['a new kind of a known dependency is taken for known', 'known >= 0 && graph.kindsOf(known) & kind', 'known >= 0'],
    ['cycles are not looked for', 'if (closesCycle(state, h, task, below, index)) return true;', ''],
    [
      'a cycle may end weakly at a shared holder',
      '(cls, onlyRecursive) => cls === from && (heldExclusively || !onlyRecursive)',
      '(cls) => cls === from',
    ],
    [
      'a cycle must not end weakly',
      '(cls, onlyRecursive) => cls === from && (heldExclusively || !onlyRecursive)',
      '(cls, onlyRecursive) => cls === from && !onlyRecursive',
    ],
    ['new dependencies are not checked for interrupt safety', '  checkIrqSafety(state, h, task, below, index);', ''],
    [
      'interrupt safety: a weak start counts readers',
      'usedIn |= classes.usage(cls) & (onlyShared ? Usage.Write : ~0);',
      'usedIn |= classes.usage(cls) | (onlyShared ? 0 : 0);',
    ],
    [
      'interrupt safety: a weak end counts readers',
      'enabled = classes.usage(cls) & wanted & (onlyRecursive ? Usage.Write : ~0);',
      'enabled = classes.usage(cls) & wanted & (onlyRecursive ? ~0 : ~0);',
    ],
    [
      'interrupt safety: local locks invert',
      'const enter = (cls: number): boolean => !classes.isPerCpu(cls);',
      'const enter = (cls: number): boolean => cls >= 0;',
    ],
    ['the hardirq search stands for both', '{ kind: IrqKind.SoftIrq, mask: 0b1111_0000 },', ''],
    ['the softirq search stands for both', '{ kind: IrqKind.HardIrq, mask: 0b0000_1111 },', ''],
  ),
  ...in_(
    'irq-usage.ts',
    ['a trylock in an interrupt counts as use', 'if (!(flags & HeldFlag.Trylock)) {', 'if (flags >= 0) {'],
    ['no use in hard interrupts', 'if (context & IrqContext.HardIrq) bits |=', 'if (context < 0) bits |='],
    ['no use in softirqs', 'if (context & IrqContext.SoftIrq) bits |=', 'if (context < 0) bits |='],
    [
      'readers are marked as writers',
      'const read = (flags & HeldFlag.ReadMask) !== ReadKind.Write;\n  const context',
      'const read = false;\n  const context',
    ],
    ['softirqs on does not count', 'if (flags & HeldFlag.BhOn) bits |=', 'if (flags < 0) bits |='],
    [
      'softirqs count as on with interrupts off',
      '  }\n  if (bits !== 0) markBits',
      '  }\n  if (flags & HeldFlag.BhOn) bits |= 1 << usageBit(IrqKind.SoftIrq, true, read);\n  if (bits !== 0) markBits',
    ],
    ['interrupts switched on mark nothing', 'markBits(state, h, task, index, 1 << usageBit(kind, true, read));', ''],
    ['unvalidated locks are marked', 'if (!(flags & HeldFlag.Check)) return;\n', ''],
    [
      'suspect locks are marked',
      'if (!(flags & HeldFlag.Check) || flags & HeldFlag.Suspect) continue;',
      'if (!(flags & HeldFlag.Check)) continue;',
    ],
    ['a contradicting state is not reported', 'reportInconsistent(state, h, task, index, bit, contradicting);', ''],
    ['a contradicting state comes into force', 'return; // Kept out of force', 'void 0; // Kept out of force'],
    ['states do not spread to the graph', 'graph.noteUsage(cls, 1 << bit);', ''],
    ['a new state is not held against neighbours', 'checkNeighbours(state, h, task, index, cls, bit);', ''],
    [
      'neighbours before: a weak end counts readers',
      '(classes.usage(other) & wanted & (onlyShared ? Usage.Write : ~0)) !== 0',
      '(classes.usage(other) & wanted & (onlyShared ? ~0 : ~0)) !== 0',
    ],
    [
      'neighbours behind: a weak end counts readers',
      '(classes.usage(other) & wanted & (onlyRecursive ? Usage.Write : ~0)) !== 0',
      '(classes.usage(other) & wanted & (onlyRecursive ? ~0 : ~0)) !== 0',
    ],
    [
      'neighbours before: the class is held exclusively',
      'isReadBit(bit),\n      classes.size',
      'false,\n      classes.size',
    ],
    [
      'neighbours behind: the class is no recursive reader',
      'recursive,\n      classes.size',
      'false && recursive,\n      classes.size',
    ],
    [
      'neighbours: local locks invert',
      'const enter = (other: number): boolean => !classes.isPerCpu(other);',
      'const enter = (other: number): boolean => other >= 0;',
    ],
  ),
  ...in_(
    'usage.ts',
    [
      'two readers of one class conflict',
      'return isReadBit(bit) ? opposite : opposite | (opposite << 1);',
      'return opposite | (opposite << 1);',
    ],
    [
      'a writer does not conflict with readers',
      'return isReadBit(bit) ? opposite : opposite | (opposite << 1);',
      'return opposite;',
    ],
    [
      'readers of two classes do not conflict',
      'return inverted | ((inverted & Usage.Read) >> 1) | ((inverted & Usage.Write) << 1);',
      'return inverted;',
    ],
  ),
  ...in_(
    'wait-context.ts',
    ['trylocks are judged', 'if (task.held[at + Held.Flags] & HeldFlag.Trylock) return;', ''],
    ['locks without a type are judged', 'if (state.classes.waitInner(cls) === WaitType.Unchecked) return;', ''],
    [
      'held locks do not limit',
      'if (outer <= limitBelow && outer <= contextLimit) return;',
      'if (outer <= contextLimit) return;',
    ],
    [
      'the context does not limit',
      'if (outer <= limitBelow && outer <= contextLimit) return;',
      'if (outer <= limitBelow) return;',
    ],
    [
      'every hard interrupt would be threaded',
      'cpu.hardirqThreaded === false ? WaitType.Spin : WaitType.Config',
      'WaitType.Config',
    ],
    [
      'no hard interrupt would be threaded',
      'cpu.hardirqThreaded === false ? WaitType.Spin : WaitType.Config',
      'WaitType.Spin',
    ],
    ['softirqs may sleep', 'irqContext & IrqContext.SoftIrq ? WaitType.Config : WaitType.Max', 'WaitType.Max'],
    [
      'locks of other contexts are blamed',
      'below >= 0 && task.contextOf(below) === context; below--',
      'below >= 0; below--',
    ],
    [
      'all held locks are blamed',
      'if (inner !== WaitType.Unchecked && inner < outer) offenders.unshift(below);',
      'offenders.unshift(below);',
    ],
  ),
  ...in_(
    'held-stack.ts',
    ['the last lock alone limits, not the strictest', 'Math.min(limit, inner)', 'inner'],
    ['a re-acquisition is judged as one that waits', 'waits = false,', 'waits = true,'],
    [
      'locks above an early release are not re-acquired',
      '  checkNestReleased(state, h, task, index);\n  reenterFrom(',
      '  reenterFrom(',
    ],
    [
      're-acquisition in reverse order',
      'for (let entry = 0; entry < times.length; entry++) {',
      'for (let entry = times.length - 1; entry >= 0; entry--) {',
    ],
    [
      'the chain cache is never used',
      'HeldFlag.Check && chains.isNew(chain)',
      'HeldFlag.Check && chains.isNew(chain) !== undefined',
    ],
    ['how a lock was taken is no part of the chain', '(cls << STEP_SHIFT) | (flags & STEP_HOW)', '(cls << STEP_SHIFT)'],
    [
      'trylocks make dependencies to themselves',
      '(flags & (HeldFlag.Trylock | HeldFlag.Check)) === HeldFlag.Check',
      '(flags & HeldFlag.Check) === HeldFlag.Check',
    ],
    ['a missing nest lock is not reported', '    reportNestLockNotHeld(state, h, task, index);', ''],
    [
      'references are counted in other contexts',
      '|| task.contextOf(task.depth - 1) !== context) return false;',
      ') return false;',
    ],
    ['references are not counted', 'return --task.held[at] > 0;', 'return false;'],
    [
      'a chain goes on through an interrupt',
      'const prevChain = sameContext ? held[below + Held.Chain] : 0;\n  const nested',
      'const prevChain = index > 0 ? held[below + Held.Chain] : 0;\n  const nested',
    ],
    [
      'an interrupt releases what the interrupted code holds',
      'if ((held[at + Held.Flags] & HeldFlag.ContextMask) !== context) return -1;',
      '',
    ],
    [
      'what rests on a lock is not confirmed by its release',
      '    state.claims.settle(task, task.held[index * HELD_STRIDE + Held.Serial], true);',
      '',
    ],
    [
      'a stock reader of a sleeping lock recurses',
      'state.classes.waitInner(cls) === WaitType.Sleep ? ReadKind.Shared : ReadKind.SharedRecursive',
      'ReadKind.SharedRecursive',
    ],
    ['check=0 is ignored', 'a.has & AcquireHas.Check ? a.check !== 0 :', 'a.has & AcquireHas.Check ? true :'],
  ),
  ...in_('misuse.ts', [
    'a missing nest lock is not counted',
    '  });\n  record.confirmed++;\n}\n\n/** A lock was released that',
    '  });\n  void record;\n}\n\n/** A lock was released that',
  ]),
  ...in_(
    'validator.ts',
    ['freed memory begins one byte late', 'offset + LOCKDEP_MAP_SIZE > 0', 'offset > 0'],
    ['freed memory ends one byte late', 'offset < len)', 'offset <= len)'],
    ['freed memory ends at the first lock', 'offset < len)', 'offset < 0)'],
    ['the size of a lock is forgotten', 'offset + LOCKDEP_MAP_SIZE > 0', 'offset >= 0'],
    ['a downgraded lock stays exclusive', '& ~HeldFlag.ReadMask) | 1', '& ~0) | 0'],
    [
      'lock_set_class() is ignored',
      'task.held[at + Held.Class] = state.classes.reclassify(a, task.held[at + Held.Class]);',
      '',
    ],
    ['user mode drops nothing', 'dropAll(state, task, () => true);', ''],
    [
      'interrupts switched on do not count for softirqs',
      'if (softOn) markHeldLocks',
      'if (softOn && !softOn) markHeldLocks',
    ],
    [
      'bottom halves on count with interrupts off',
      'if (!irqsOff) markHeldLocks',
      'if (!irqsOff || irqsOff) markHeldLocks',
    ],
    ['bottom halves on mark nothing', 'if (!irqsOff) markHeldLocks', 'if (!irqsOff && irqsOff) markHeldLocks'],
    [
      'preemption depth 0 tells nothing at an acquisition',
      'if (task.preemptOffHeld > 0 && h.preemptDepth === 0) dropPreemptOff(state, task);\n    if (task.selfDeadlock',
      'if (task.selfDeadlock',
    ],
    ['a self-deadlock is not reported at the end', 'task.selfDeadlock?.report();', ''],
    [
      'a doubtful unlock is not confirmed at the end',
      'task.selfDeadlock?.report();\n      confirmUnlock(task);',
      'task.selfDeadlock?.report();',
    ],
    [
      'a doubtful unlock is not confirmed by progress',
      'if (task.doubtfulUnlock !== undefined) confirmUnlock(task);',
      '',
    ],
    [
      'locks do not become doubtful when events are lost',
      'if (task.held[index * HELD_STRIDE + Held.Cpu] === cpuId) suspect(state, task, index);',
      '',
    ],
    [
      'events lost anywhere make all locks doubtful',
      'if (task.held[index * HELD_STRIDE + Held.Cpu] === cpuId) suspect(state, task, index);',
      'suspect(state, task, index);',
    ],
    ['twins are not looked for', 'if (twin >= 0) judgeTwin(', 'if (twin < -1) judgeTwin('],
    [
      'anything a waiting task does counts as progress',
      'if (pending === undefined || context !== IrqContext.Task) return;\n    if (!pending.sleeping || !this.state.classes.isSpinning(cls)) wentOn(task);',
      'if (pending !== undefined && context >= 0 && cls >= 0) wentOn(task);',
    ],
  ),
  ...in_(
    'validator.ts',
    ['exit with locks held is not judged', "judgeHeldAtExit(state, h, prev, 'ended')", 'void prev'],
    [
      'return to user mode with locks held is not judged',
      "judgeHeldAtExit(state, h, task, 'returned to user space')",
      'void 0',
    ],
    [
      'return to user mode with locks held is judged where releases are lost',
      'state.lostReleases === 0 && !state.lostEvents',
      'state.lostReleases >= 0',
    ],
  ),
  ...in_(
    'doubts.ts',
    [
      'unmatched releases in a row are faults',
      'state.unknownReleases += task.doubtfulUnlock === undefined ? 1 : 2;',
      'confirmUnlock(task);',
    ],
    ['a second release is never a fault', '(task.baseKnown || task.releasedRecently(hi, lo))', 'task.baseKnown'],
    [
      'a task seen from its beginning may release anything',
      '(task.baseKnown || task.releasedRecently(hi, lo))',
      'task.releasedRecently(hi, lo)',
    ],
    [
      "the scheduler's own lock counts at exit",
      "how === 'ended' && index === task.depth - 1",
      "how !== 'ended' && index === task.depth - 1",
    ],
    [
      'a spinning lock may be held across a voluntary switch',
      'for (const index of doubtful) suspect(state, prev, index);',
      '',
    ],
    [
      'a spinning lock that the preemption depth confirms is doubted',
      'if (h.preemptDepth >= 1 + prev.preemptOffHeld) return;',
      '',
    ],
  ),
  ...in_(
    'event-context.ts',
    ['a frozen lockdep is believed', 'if (disagree && a.check !== 0) kernelVerdict.switchedOff();', 'void disagree;'],
    [
      'a lockdep that moves is not noticed',
      'if (cpu.lockdepIrqsOn !== undefined) kernelVerdict.changed(cpu.id, irqsOn);',
      '',
    ],
  ),
  ...in_(
    'lost-release.ts',
    [
      'a shared instance taken again is never recursion',
      'state.claims.claimFinding(recursionRecord(state, h, task, top, twin), task, [twin]);',
      '',
    ],
    [
      'an exclusive instance taken again is no deadlock',
      'if (!(flags & HeldFlag.Trylock) && task.contextOf(top) === task.contextOf(twin)) {',
      'if (flags < 0) {',
    ],
    [
      'a trylock of what is held is a deadlock',
      'if (!(flags & HeldFlag.Trylock) && task.contextOf(top) === task.contextOf(twin)) {',
      'if (flags >= 0) {',
    ],
    ['the older holding stays', '    dropLost(state, task, twin);\n    return;', '    return;'],
    ['recursive readers may not hold it twice', 'if (!exclusive && read === ReadKind.SharedRecursive) return;', ''],
    [
      'what rests on a lost release stands',
      'if (flags & HeldFlag.HasProvisional) state.claims.settle(task, task.held[at + Held.Serial], false);',
      '',
    ],
    [
      'locks above a lost one keep their chain',
      'for (let above = index; above < task.depth; above++) keepSilently(state, task, above);\n  state.lostReleases++;',
      'state.lostReleases++;',
    ],
    [
      'locks that do not disable preemption are dropped at depth 0',
      '(task.held[index * HELD_STRIDE + Held.Flags] & HeldFlag.PreemptOff) !== 0',
      'index >= 0',
    ],
  ),
  ...in_(
    'provisional.ts',
    ['withdrawn dependencies stay known to chains', '    this.#withdrawn();', ''],
    ['one supporter withdraws a dependency for all', 'if (!stands && --support.count > 0) return;', ''],
    ['at the end all claims stand', 'claim.task.acquisitions - claim.madeAt <= PROGRESS_LIMIT', 'claim.madeAt >= 0'],
    [
      'at the end no claim stands',
      '!claim.needsRelease && claim.task.acquisitions - claim.madeAt <= PROGRESS_LIMIT',
      'false',
    ],
  ),
  ...in_(
    'kernel-verdict.ts',
    ['every CPU speaks for every finding', 'entry.cpu === cpu && entry.irqsOn !== irqsOn', 'entry.irqsOn !== irqsOn'],
    ['silence is not noted', 'entry.record.kernelWasSilent = true;', ''],
    ['silence has no consequence', 'entry.onSilence?.();', ''],
    [
      'what lockdep saw when it went off is doubted',
      '    this.#off = true;\n    this.#unproven = [];',
      '    this.#off = true;',
    ],
    ['findings made while it is off are doubted', 'if (!this.#off) this.#unproven.push', 'this.#unproven.push'],
  ),
  ...in_(
    'class-table.ts',
    ['subclasses fall together', 'own ? a.lo : a.keyLo, a.subclass)', 'own ? a.lo : a.keyLo, 0)'],
    [
      'one key under two names is validated',
      'if (shared) this.#flags[id] |= Flag.NoValidate;',
      'if (shared && !shared) this.#flags[id] |= Flag.NoValidate;',
    ],
    [
      'the no-validate key is validated',
      'return this.#knowsNoValidateKey && a.keyHi === this.#noValidateHi && a.keyLo === this.#noValidateLo;',
      'return false;',
    ],
    [
      'nothing is uncertain about names',
      'return !(flags & (identity === Identity.KeyOnly ? Flag.Nested : Flag.ManyInstances));',
      'return true;',
    ],
  ),
  ...in_(
    'ww-mutex.ts',
    [
      'back-off is not enforced',
      'if (!isContended || others.length > 0) reportNoBackOff',
      'if (!isContended && isContended) reportNoBackOff',
    ],
    [
      'a nest lock may be released early',
      'if (covered.length > 0) reportContextEnded',
      'if (covered.length < 0) reportContextEnded',
    ],
    ['spinning locks back off too', ' || state.classes.waitInner(cls) !== WaitType.Sleep) return;', ') return;'],
  ),
];
