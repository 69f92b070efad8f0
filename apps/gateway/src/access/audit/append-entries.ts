import type { Kysely, Transaction } from 'kysely';
import type { AuditTable, Database } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { CHAIN_START, chained, type ChainLink, type PlainEntry } from './chain.ts';
import { ANCHOR_KEY, HEAD_KEY, type ChainSeal } from './chain-seal.ts';

/** Rows that may or may not be in the database: the answer was lost on the way. */
export interface UnsureRows {
  readonly last: ChainLink;
}

/** Where the chain ends, as the signed head says; where there is none that fits, as the rows say. */
async function readHead(
  db: Kysely<Database>,
  seal: ChainSeal,
): Promise<{ link: ChainLink; isSigned: boolean }> {
  const signed = await readLink(db, seal, HEAD_KEY);
  if (signed.link !== undefined) return { link: signed.link, isSigned: true };
  const last = await db
    .selectFrom('audit')
    .select(['seq', 'hash'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const anchor = await readLink(db, seal, ANCHOR_KEY);
  return {
    link: last ?? anchor.link ?? CHAIN_START,
    isSigned: last === undefined && !signed.isThere && !anchor.isThere,
  };
}

export async function readLink(
  db: Kysely<Database>,
  seal: ChainSeal,
  key: typeof HEAD_KEY | typeof ANCHOR_KEY,
): Promise<{ isThere: boolean; link: ChainLink | undefined }> {
  const setting = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return {
    isThere: setting !== undefined,
    link: setting === undefined ? undefined : seal.openLink(key, setting.value),
  };
}

export async function writeLink(
  trx: Transaction<Database>,
  seal: ChainSeal,
  key: typeof HEAD_KEY | typeof ANCHOR_KEY,
  link: ChainLink,
): Promise<void> {
  const value = seal.link(key, link);
  await trx
    .insertInto('settings')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

/**
 * Hangs the entries on the chain in one transaction: these run one after another, whichever gateway they are of.
 *
 * @param unsure what an attempt before, with the same entries, may have written: it is not written again.
 * @param attempt told what will be written before it is: what `unsure` is next time.
 * @returns whether the chain ended where its signed head says.
 */
export async function appendEntries(
  store: Store,
  seal: ChainSeal,
  entries: readonly PlainEntry[],
  unsure: UnsureRows | undefined,
  attempt: (rows: UnsureRows) => void,
): Promise<boolean> {
  return store.db.transaction().execute(async (trx) => {
    if (unsure !== undefined && (await isThere(trx, unsure.last))) return true;
    const head = await readHead(trx, seal);
    let { link } = head;
    const rows: AuditTable[] = [];
    for (const entry of entries) {
      const row = chained(entry, link);
      rows.push(row);
      link = row;
    }
    attempt({ last: { seq: link.seq, hash: link.hash } });
    await trx.insertInto('audit').values(rows).execute();
    await writeLink(trx, seal, HEAD_KEY, link);
    return head.isSigned;
  });
}

async function isThere(trx: Transaction<Database>, { seq, hash }: ChainLink): Promise<boolean> {
  const row = await trx.selectFrom('audit').select('hash').where('seq', '=', seq).executeTakeFirst();
  return row?.hash === hash;
}
