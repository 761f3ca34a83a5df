import { statSync } from 'node:fs';
import { join } from 'node:path';

/** Tables of the kernel's functions that lie beside rules of a user's. */
export function tablesIn(ruleFolders: readonly string[]): string[] {
  const folders = ruleFolders.map((folder) => join(folder, 'kernel'));
  return folders.filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory());
}
