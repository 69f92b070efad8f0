// The process that is killed while it writes: each line of its output is a write that was acknowledged to it.
import { writeSync } from 'node:fs';
import { silentLogger } from '../../observability/logger.ts';
import { openStore } from '../open-store.ts';
import { StoreUnavailableError } from '../store.ts';
import type { KilledWriter, WritingOrder } from './kill-rounds.ts';

/** Writes under way at a time. */
const LANES = 8;

const { place, writer, first, count } = JSON.parse(process.argv[2] ?? '') as WritingOrder;
const { writer: written } = (await import(writer)) as { readonly writer: KilledWriter };

await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
const store = await openStore({ ...place, logger: silentLogger });
const write = await written.start(store);

/** Not `process.stdout`: what is acknowledged has to be out before the process is. */
function say(word: string): void {
  for (;;) {
    try {
      writeSync(1, `${word}\n`);
      return;
    } catch (error) {
      // Whoever reads is slow: the pipe is full.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

let next = first;
async function lane(): Promise<void> {
  while (next < first + count) {
    const n = next;
    next += 1;
    try {
      say(await write(n));
    } catch (error) {
      // The server was killed: what it did not acknowledge may be lost.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
  }
}
await Promise.all(Array.from({ length: LANES }, lane));
await store.close();
