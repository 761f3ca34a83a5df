/** Locks that are neither taken nor released as others are. */
import type { ExtraGene } from './random-program.js';
import { bears, isWild, Level, type Scope, within } from './scope.js';
import type { BodyWriter } from './writer.js';

/** A reader of a seqcount or a seqlock, that tries again. */
function seqRead(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const from = gene.lock % 2 === 0 ? 'dev.seq' : 'dev.count';
  const seen = t.lines.name('seen');
  if (gene.way % 3 === 0) {
    const tries = t.lines.name('tries');
    t.lines.puts(`let ${seen} = 0;`, `let ${tries} = 3;`);
    t.lines.block(
      'do',
      () => {
        t.lines.put(`${seen} = yield* ${from}.readBegin();`);
        t.write(gene.body, scope);
      },
      `} while (--${tries} > 0 && (yield* ${from}.readRetry(${seen})));`,
    );
    return;
  }
  t.lines.block('for (let turn = 0; turn < 3; turn++)', () => {
    t.lines.put(`const ${seen} = yield* ${from}.readBegin();`);
    t.write(gene.body, scope);
    t.lines.put(`if (!(yield* ${from}.readRetry(${seen}))) break;`);
  });
}

/** A writer of a seqcount, which something else must serialise; here something does or not. */
function seqcountWrite(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const put = (words: string): void => t.lines.put(words);
  const serialise = gene.way % 4 !== 3;
  if (serialise) put('yield* kernel.preemptDisable();');
  put('yield* dev.count.writeBegin();');
  t.write(gene.body, serialise ? within(scope, Level.Raw) : scope);
  put('yield* dev.count.writeEnd();');
  if (serialise) put('yield* kernel.preemptEnable();');
}

function seqlockWrite(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  if (!bears(scope, Level.Spin, gene.way)) {
    t.write(gene.body, scope);
    return;
  }
  const inside = within(scope, Level.Spin);
  if (gene.way % 2 === 0) {
    t.lines.put('yield* dev.seq.writeLock();');
    t.write(gene.body, inside);
    t.lines.put('yield* dev.seq.writeUnlock();');
    return;
  }
  const flags = t.lines.name('flags');
  t.lines.put(`const ${flags} = yield* dev.seq.writeLockIrqsave();`);
  t.write(gene.body, inside);
  t.lines.put(`yield* dev.seq.writeUnlockIrqrestore(${flags});`);
}

function bitLock(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const inside = within(scope, Level.Raw);
  if (gene.way % 3 !== 0) {
    t.lines.put('yield* dev.bit.lock();');
    t.write(gene.body, inside);
    t.lines.put('yield* dev.bit.unlock();');
    return;
  }
  t.lines.block(
    'if (yield* dev.bit.trylock())',
    () => {
      t.write(gene.body, inside);
      t.lines.put('yield* dev.bit.unlock();');
    },
    '} else {',
    () => t.write(gene.other, scope),
  );
}

/** Two mutexes of one class, in any order: who is told -EDEADLK releases what it has and waits for the other first. */
function wwPair(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  if (!bears(scope, Level.Sleep, gene.way)) {
    t.write(gene.body, scope);
    return;
  }
  const [first, second] = gene.lock % 2 === 0 ? ['dev.wwa', 'dev.wwb'] : ['dev.wwb', 'dev.wwa'];
  const ticket = t.lines.name('ticket');
  const put = (...words: string[]): void => t.lines.puts(...words);
  put(`const ${ticket} = dev.ww.context();`, `yield* ${ticket}.init();`);
  // Who does not look whether it has the first one may not have it.
  put(`yield* ${first}.${gene.way % 4 === 1 ? 'lock' : 'lockSlow'}(${ticket});`);
  t.lines.block(
    `if (yield* ${second}.lock(${ticket}))`,
    () => {
      t.write(gene.body, scope);
      put(`yield* ${second}.unlock();`, `yield* ${first}.unlock();`);
    },
    '} else {',
    () => {
      put(`yield* ${first}.unlock();`, `yield* ${second}.lockSlow(${ticket});`);
      t.write(gene.other, scope);
      put(`yield* ${second}.unlock();`);
    },
  );
  put(`yield* ${ticket}.fini();`);
}

/** A writer that goes on as a reader. */
function downgrade(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const fitting = scope.locks
    .map((use, at) => ({ use, at }))
    .filter(({ use, at }) => (use.kind === 'rwsem' || use.kind === 'percpu') && (isWild(gene.way) || at > scope.after));
  const found = fitting[gene.lock % Math.max(1, fitting.length)];
  if (found === undefined || !bears(scope, Level.Sleep, gene.way)) {
    t.write(gene.body, scope);
    return;
  }
  const { path } = found.use;
  const inside = { ...scope, after: found.at };
  t.lines.put(`yield* ${path}.downWrite();`);
  t.write(gene.body, inside);
  t.lines.put(`yield* ${path}.downgradeWrite();`);
  t.write(gene.other, inside);
  t.lines.put(`yield* ${path}.upRead();`);
}

/** raw_spin_trylock_irqsave(): the flags say whether it has the lock. */
function tryIrqsave(t: BodyWriter, gene: ExtraGene, scope: Scope): void {
  const raw = scope.locks.filter(({ kind }) => kind === 'raw');
  const use = raw[gene.lock % Math.max(1, raw.length)];
  if (use === undefined) {
    t.write(gene.body, scope);
    return;
  }
  const flags = t.lines.name('flags');
  t.lines.put(`const ${flags} = yield* ${use.path}.trylockIrqsave();`);
  t.lines.block(
    `if (${flags} !== undefined)`,
    () => {
      t.write(gene.body, within(scope, Level.Raw));
      t.lines.put(`yield* ${use.path}.unlockIrqrestore(${flags});`);
    },
    '} else {',
    () => t.write(gene.other, scope),
  );
}

export const LOCK_EXTRAS = [tryIrqsave, seqRead, seqcountWrite, seqlockWrite, bitLock, wwPair, downgrade] as const;
