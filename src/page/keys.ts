import { button, el } from './dom.js';

/** A key that does something wherever the focus is, except in fields. */
export interface Key {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

/** The list of keys, and what opens it. */
export function keyHelp(keys: readonly Key[]): { dialog: HTMLDialogElement; open: () => void } {
  const list = el('dl', { class: 'keys' });
  for (const { key, does } of keys) list.append(el('dt', {}, el('kbd', {}, key)), el('dd', {}, does));
  const dialog = el('dialog', { 'aria-labelledby': 'keys-title' }, el('h2', { id: 'keys-title' }, 'Keys'), list);
  dialog.append(button('Close', () => dialog.close()));
  return { dialog, open: () => dialog.showModal() };
}

/** Listens for the keys. */
export function listen(keys: readonly Key[]): void {
  const actions = new Map(keys.map(({ key, run }) => [key, run]));
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (target instanceof HTMLElement && target.matches('input:not([type=checkbox]), select, textarea')) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const run = actions.get(event.key);
    if (run === undefined) return;
    event.preventDefault();
    run();
  });
}
