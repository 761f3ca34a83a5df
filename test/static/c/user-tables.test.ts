import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runApp } from '../../../src/cli/app.js';
import { check } from '../../../src/cli/check.js';
import { report } from '../../../src/cli/failure.js';
import { fakeIo } from '../../cli/fake-io.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockvet-tables-'));
  mkdirSync(join(folder, 'rules', 'kernel'), { recursive: true });
  mkdirSync(join(folder, 'rules', 'no-big-page'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const TABLE = `functions:
  - effect: { do: lock, kind: raw, off: irq }
    names: [vendor_lock]
    arg: 1
  - effect: { do: unlock, kind: raw, off: irq }
    names: [vendor_unlock]
    arg: 1
  - effect: { do: alloc, memory: kmalloc, gfp: 1 }
    names: [vendor_get_buffer]
tables:
  - struct: vendor_ops
    fields: [kick]
    held: { kind: spin, name: "&v->lock" }
callbacks:
  - { names: [vendor_on_stop], argument: 0, context: hardirq }
`;

const RULE = `id: no-big-page
title: a large page allocation
severity: warning
events: [alloc]
condition: event.allocator == 'page' && event.order > 0
message: '{event} of several pages[ called by {caller}][ under {lock}]'
advice: Allocate when the device is opened.
references: [Documentation/core-api/memory-allocation.rst]
`;

const README = `# no-big-page

## What it forbids

x

## Why

x

## How to fix

x

## When it does not apply

x

## Example

x
`;

const SOURCE = `struct vendor { raw_spinlock_t lock; void *buffer; struct page *pages; };
static void fill(struct vendor *v)
{
	vendor_lock(&vendor_bus, &v->lock);
	v->buffer = vendor_get_buffer(64, GFP_ATOMIC);
	vendor_unlock(&vendor_bus, &v->lock);
	v->buffer = vendor_get_buffer(64, GFP_KERNEL);
}
static void kick(struct vendor *v)
{
	msleep(1);
}
static void open(struct vendor *v)
{
	v->pages = alloc_pages(GFP_KERNEL, 3);
	msleep(1);
}
static const struct vendor_ops ops = { .kick = kick, .open = open };
static void stopped(void *data)
{
	data = kmalloc(8, GFP_KERNEL);
}
static int probe(void)
{
	return vendor_on_stop(stopped);
}
`;

async function judged(...more: string[]): Promise<string[]> {
  const io = fakeIo({ env: { LOCKVET_CACHE: '' } });
  const file = join(folder, 'vendor.c');
  writeFileSync(file, SOURCE);
  await runApp(['check', file, '--format', 'json', '--workers', '0', '--no-config', ...more], [check], io);
  const document = JSON.parse(io.out()) as {
    runs: { findings: { rule: string; confidence: string; where: { line: number }; message: string }[] }[];
  };
  return (document.runs[0]?.findings ?? []).map(
    ({ rule, where, confidence }) => `${where.line} ${rule}${confidence === 'possible' ? '?' : ''}`,
  );
}

function write(): void {
  writeFileSync(join(folder, 'rules', 'kernel', 'vendor.yaml'), TABLE);
  writeFileSync(join(folder, 'rules', 'no-big-page', 'rule.yaml'), RULE);
  writeFileSync(join(folder, 'rules', 'no-big-page', 'README.md'), README);
}

it('knows functions, operation tables, callbacks and rules of a user, by --rules', async () => {
  write();
  expect(await judged('--rules', join(folder, 'rules'))).toEqual([
    '5 alloc-under-raw-spinlock',
    '11 sleep-in-atomic',
    '21 sleep-in-atomic',
    '15 no-big-page',
  ]);
});

it('knows the tables alone by --tables, and nothing of them without', async () => {
  write();
  expect(await judged('--tables', join(folder, 'rules', 'kernel'))).toEqual([
    '5 alloc-under-raw-spinlock',
    '11 sleep-in-atomic',
    '21 sleep-in-atomic',
  ]);
  expect(await judged()).toEqual([]);
});

it('says in a line what is wrong in a table', async () => {
  const table = join(folder, 'rules', 'kernel', 'vendor.yaml');
  writeFileSync(table, 'tables: [{ struct: vendor_ops, fields: [kick], held: { kind: heavy, name: x } }]\n');
  const io = fakeIo({ env: { LOCKVET_CACHE: '' } });
  const file = join(folder, 'vendor.c');
  writeFileSync(file, SOURCE);
  const argv = ['check', file, '--workers', '0', '--no-config', '--tables', join(folder, 'rules', 'kernel')];
  const code = await runApp(argv, [check], io).catch((error: unknown) => report(error, io));
  expect(code).toBe(2);
  expect(io.err()).toContain(`${table}: tables.0.held`);
});
