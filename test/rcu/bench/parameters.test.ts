import { describe, expect, it } from 'vitest';
import { ParameterError, Parameters } from '../../../src/rcu/bench/index.js';

describe('parameters of the bench', () => {
  it('have defaults, and take one value or several', () => {
    const parameters = new Parameters(['line-bytes=128,16', 'memory-ns=120']);
    expect(parameters.all('line-bytes')).toEqual([16, 128]);
    expect(parameters.get('memory-ns')).toBe(120);
    expect(parameters.get('llc-ways')).toBe(16);
    const changed = parameters.list.filter((parameter) => parameter.changed);
    expect(changed.map(({ name, value }) => [name, value])).toEqual([
      ['line-bytes', '16,128'],
      ['memory-ns', '120'],
    ]);
  });

  it('that are set win over --quick', () => {
    expect(new Parameters([], { quick: true }).all('batch')).toEqual([1000]);
    expect(new Parameters(['batch=7'], { quick: true }).all('batch')).toEqual([7]);
  });

  it.each([
    ['speed=1', 'no parameter speed'],
    ['memory-ns', 'memory-ns: no value; NAME=VALUE is expected'],
    ['memory-ns=', 'memory-ns: "" is no whole number'],
    ['memory-ns=fast', 'memory-ns: "fast" is no whole number'],
    ['memory-ns=1.5', 'memory-ns: "1.5" is no whole number'],
    ['memory-ns=-1', 'memory-ns: "-1" is no whole number'],
    ['memory-ns=1,2', 'memory-ns has one value'],
    ['flood-cpus=65', 'flood-cpus: 65 is not in 1 to 64'],
    ['flood-step=1', 'flood-step: 1 is not in 1.01 to 4'],
    ['line-bytes=48', 'line-bytes: 48 is no power of two'],
    ['batch=5,5', 'batch: a value is given more than once'],
    ['flood-jiffies=23', 'flood-jiffies: 23 is not in 24 to 10000'],
    ['flood-irq-us=25', 'flood-irq-us: a flood of 2400 us has fewer than 100 interrupts'],
    ['l2-kib=1', 'l2-kib: 16 ways of 128 bytes need 2 KiB at least'],
  ])('%s is refused', (setting, message) => {
    expect(() => new Parameters([setting])).toThrow(ParameterError);
    expect(() => new Parameters([setting])).toThrow(message);
  });

  it('cannot be set twice', () => {
    expect(() => new Parameters(['batch=1', 'batch=2'])).toThrow('batch is set more than once');
  });
});
