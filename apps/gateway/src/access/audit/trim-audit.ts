import type { Store } from '../../store/store.ts';
import { readLink, writeLink } from './append-entries.ts';
import { ANCHOR_KEY, type ChainSeal } from './chain-seal.ts';

/** Rows that go in one transaction: writers wait for it. */
const CHUNK = 2000;

/**
 * Removes the entries at the beginning of the log that are older than `beforeMs`, and keeps what the rest hangs on. It
 * stops at the first one that is younger: none is taken out of the middle. So does it where the beginning is not what
 * was left: nothing that hides a break is done.
 *
 * @returns how many were removed.
 */
export async function trimAudit(store: Store, seal: ChainSeal, beforeMs: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await trimSome(store, seal, beforeMs);
    removed += count;
    if (count < CHUNK) return removed;
  }
}

async function trimSome(store: Store, seal: ChainSeal, beforeMs: number): Promise<number> {
  return store.db.transaction().execute(async (trx) => {
    const anchor = await readLink(trx, seal, ANCHOR_KEY);
    const rows = await trx
      .selectFrom('audit')
      .select(['seq', 'at', 'hash', 'previousHash'])
      .orderBy('seq')
      .limit(CHUNK)
      .execute();
    const [first] = rows;
    const isBeginning =
      first !== undefined &&
      first.seq === (anchor.link?.seq ?? 0) + 1 &&
      first.previousHash === (anchor.link?.hash ?? '') &&
      anchor.isThere === (anchor.link !== undefined);
    if (!isBeginning) return 0;
    const firstKept = rows.findIndex(({ at }) => at >= beforeMs);
    const last = rows[(firstKept < 0 ? rows.length : firstKept) - 1];
    if (last === undefined) return 0;
    await trx.deleteFrom('audit').where('seq', '<=', last.seq).execute();
    await writeLink(trx, seal, ANCHOR_KEY, { seq: last.seq, hash: last.hash });
    return last.seq - first.seq + 1;
  });
}
