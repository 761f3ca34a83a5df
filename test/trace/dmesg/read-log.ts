import { readFileSync } from 'node:fs';
import type { Finding } from '../../../src/model/finding.js';
import { openKernelLog } from '../../../src/trace/dmesg/index.js';
import { xzRead } from './xz.js';

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

/** Text of a fixture; `.xz` ones are decompressed. */
export async function fixture(name: string): Promise<string> {
  const bytes = readFileSync(new URL(name, FIXTURES));
  return (name.endsWith('.xz') ? await xzRead(bytes) : bytes).toString('utf8');
}

/** Findings and notes of a log given as text. */
export function readLog(text: string, path = 'log'): Promise<{ findings: Finding[]; notes: string[] }> {
  return openKernelLog(path, () => [Buffer.from(text)]).read();
}

/** What must not depend on where and when a bug was reported. */
export function essence(finding: Finding): string {
  return [finding.rule, finding.message, finding.locks.join(','), finding.fingerprint].join(' | ');
}

/** A finding without the lines of the log: equal wherever in a log the same report stands. */
export function withoutLines(finding: Finding): string {
  return JSON.stringify(finding, (key, value: unknown) => (key === 'line' || key === 'time' ? undefined : value));
}
