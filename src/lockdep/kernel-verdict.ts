import type { FindingRecord } from './finding-collector.js';

/** A finding that the recorded kernel's lockdep has not yet been seen to survive. */
interface Unproven {
  record: FindingRecord;
  cpu: number;
  irqsOn: boolean;
  onSilence: (() => void) | undefined;
}

/**
 * What the recorded kernel's own lockdep thought of a finding. It saw the same events, and at its first report it switches itself
 * off: from then on its interrupt state of each CPU stays as it was. So when that state changes on the CPU of a
 * finding, the kernel's lockdep was alive and silent, and knew classes apart that the recording shows as one (lockdep_set_subclass()
 * and its like leave no event). Simulations have no such second judge.
 */
export class KernelVerdict {
  #unproven: Unproven[] = [];
  #off = false;

  /** True while the kernel's lockdep is known to be off: nothing can be said of findings made then. */
  get isOff(): boolean {
    return this.#off;
  }

  /** Waits for the kernel's verdict on a new finding, made while interrupts were in this state on the CPU. */
  watch(record: FindingRecord, cpu: number, irqsOn: boolean): void {
    if (!this.#off) this.#unproven.push({ record, cpu, irqsOn, onSilence: undefined });
  }

  /** What to do, besides marking the record, when the kernel turns out to have been silent. */
  whenSilent(record: FindingRecord, action: () => void): void {
    const entry = this.#unproven.find((other) => other.record === record);
    if (entry !== undefined) entry.onSilence = action;
  }

  /** The interrupt state that the kernel's lockdep shows for a CPU has changed: it is on. */
  changed(cpu: number, irqsOn: boolean): void {
    this.#off = false;
    if (this.#unproven.length === 0) return;
    const silent = this.#unproven.filter((entry) => entry.cpu === cpu && entry.irqsOn !== irqsOn);
    this.#unproven = this.#unproven.filter((entry) => !silent.includes(entry));
    for (const entry of silent) {
      entry.record.kernelWasSilent = true;
      entry.onSilence?.();
    }
  }

  /** The kernel's lockdep is off, until its state changes again: what it was not seen to survive stands. */
  switchedOff(): void {
    this.#off = true;
    this.#unproven = [];
  }
}
