import { WaitType } from '../model/wait-type.js';
import { svg } from './dom.js';

/** Kinds of locks as the page tells them apart, by colour and by shape. */
export const KINDS = ['raw', 'config', 'sleep', 'free', 'other'] as const;
export type Kind = (typeof KINDS)[number];

/** What a kind is, in the words of the kernel's documentation. */
export const KIND_TEXT: Readonly<Record<Kind, string>> = {
  raw: 'raw_spinlock_t: spins always',
  config: 'spinlock_t, rwlock_t, local_lock_t: sleeps on PREEMPT_RT',
  sleep: 'mutex, rwsem, semaphore: sleeps',
  free: 'RCU and other sections without waiting',
  other: 'not checked, or not known',
};

/** The kind of a class with these wait types. */
export function kindOf(outer: number, inner: number): Kind {
  if (outer === WaitType.Free) return 'free';
  if (inner === WaitType.Spin) return 'raw';
  if (inner === WaitType.Config) return 'config';
  if (inner === WaitType.Sleep) return 'sleep';
  return 'other';
}

/** The kind behind wait types as reports print them: `{2:2}`, or `{3}` where both are one. */
export function kindOfText(wait: string): Kind {
  const [outer = '', inner] = wait.replace(/[{}]/g, '').split(':');
  return kindOf(Number(outer), Number(inner ?? outer));
}

/** The shape of a kind: triangle, square, circle, diamond or ring, about a centre. */
export function glyph(kind: Kind, x: number, y: number, radius: number): SVGElement {
  const points = (list: readonly (readonly [number, number])[]): SVGElement =>
    svg('polygon', {
      class: `glyph ${kind}`,
      points: list.map(([dx, dy]) => `${x + dx * radius},${y + dy * radius}`).join(' '),
    });
  switch (kind) {
    case 'raw':
      return points([
        [0, -1.1],
        [1.05, 0.8],
        [-1.05, 0.8],
      ]);
    case 'config':
      return points([
        [-0.85, -0.85],
        [0.85, -0.85],
        [0.85, 0.85],
        [-0.85, 0.85],
      ]);
    case 'free':
      return points([
        [0, -1.15],
        [1.15, 0],
        [0, 1.15],
        [-1.15, 0],
      ]);
    default:
      return svg('circle', { class: `glyph ${kind}`, cx: x, cy: y, r: kind === 'other' ? radius * 0.8 : radius });
  }
}

/** The shape beside text, by itself; its meaning is in the text. */
export function icon(kind: Kind): SVGElement {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 14 14', width: 12, height: 12, 'aria-hidden': 'true' },
    glyph(kind, 7, 7, 5),
  );
}
