import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** Editors write a file in several steps: wait for them to end. */
const SETTLE_MS = 200;

/**
 * Calls `onChange` after the file was written, replaced or removed, once per burst of changes.
 *
 * The folder is watched, not the file: editors and orchestrators replace files by renaming, which
 * leaves a watch on the file itself with the old one.
 *
 * @returns stops watching; safe to call twice. Where the folder can't be watched, `onError` is told
 * and reloads need SIGHUP.
 */
export function watchConfig(file: string, onChange: () => void, onError: (error: Error) => void): () => void {
  const absolute = path.resolve(file);
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(path.dirname(absolute), { persistent: false }, (_event, name) => {
      // Orchestrators swap a link beside the file: anything in the folder may be the change.
      if (name !== null && name !== path.basename(absolute) && !name.startsWith('..')) return;
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
    watcher.on('error', onError);
  } catch (error) {
    onError(error instanceof Error ? error : new Error(String(error)));
  }
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}
