import type { Readable } from 'node:stream';

const MAX_LINE = 2000;

/** Calls `onLine` for each line of text; a longer one than 2,000 characters is cut, not gathered. */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, MAX_LINE));
  });
  stream.on('end', () => {
    if (rest.trim() !== '') onLine(rest);
  });
  // A worker that is killed may take its pipes with it: the exit itself is what gets reported.
  stream.on('error', () => undefined);
}
