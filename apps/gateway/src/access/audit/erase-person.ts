import type { AuditTable } from '../../store/schema.ts';
import type { Store } from '../../store/store.ts';
import { type ChainSeal, isErased } from './chain-seal.ts';
import { isAbout, type Person } from './rows-about.ts';

/** Rows of one transaction: others wait for it. */
const CHUNK = 100;
const NO_DETAIL = '{}';
const ERASED_DETAIL = '{"erased":true}';

/** What says in the log that somebody was erased; the target is his id. */
export const ERASED_ACTION = 'user.erased';

/** What stands in the log instead of the name: the same in all entries. */
export function pseudonymOf({ id }: Pick<Person, 'id'>): string {
  return `erased-${id.slice(0, 8)}`;
}

/**
 * Takes a person out of the log: his name, addresses and browsers where he did something, and the name and what is
 * told of him where something was done to him. What was done, when, with which camera and how it ended stays, and the
 * chain still verifies: it holds commitments to what is gone, whose salts go with it.
 *
 * @returns how many entries were changed.
 */
export async function erasePerson(store: Store, seal: ChainSeal, person: Person): Promise<number> {
  let erased = 0;
  let after = 0;
  for (;;) {
    const rows = await rowsAbout(store, person, after);
    if (rows.length === 0) return erased;
    const changed = rows.flatMap((row) => erasedRow(seal, row, person) ?? []);
    await replace(store, changed);
    erased += changed.length;
    after = rows.at(-1)?.seq ?? after;
  }
}

async function rowsAbout(store: Store, person: Person, after: number): Promise<AuditTable[]> {
  return store.db
    .selectFrom('audit')
    .selectAll()
    .where('seq', '>', after)
    .where(isAbout(person))
    .where('action', '!=', ERASED_ACTION)
    .orderBy('seq')
    .limit(CHUNK)
    .execute();
}

/** @returns `undefined` where nothing is left to erase. */
function erasedRow(seal: ChainSeal, row: AuditTable, person: Person): AuditTable | undefined {
  const erased = withoutObject(seal, withoutActor(seal, row, person), person);
  return erased === row ? undefined : erased;
}

function withoutActor(seal: ChainSeal, row: AuditTable, person: Person): AuditTable {
  const isHisDeed = row.userId === person.id;
  // A failed login is nobody's deed; where it came from is his, as far as anybody knows.
  const isAttempt = isNamed(row, person) && row.actorKind === 'nobody';
  if ((!isHisDeed && !isAttempt) || isErased(row, 'actor')) return row;
  const actorName = isHisDeed ? pseudonymOf(person) : row.actorName;
  return seal.erase(row, 'actor', { actorName, address: '', userAgent: '' });
}

function withoutObject(seal: ChainSeal, row: AuditTable, person: Person): AuditTable {
  const isDoneToHim =
    isNamed(row, person) || row.target === person.id || row.detail.includes(`"${person.id}"`);
  // What he changed of himself names nothing else.
  const isDoneByHim = row.userId === person.id && row.target === null && row.cameraId === null;
  if ((!isDoneToHim && !isDoneByHim) || isErased(row, 'object')) return row;
  const target = isNamed(row, person) ? pseudonymOf(person) : row.target;
  const detail = row.detail === NO_DETAIL ? NO_DETAIL : ERASED_DETAIL;
  const isSame = target === row.target && detail === row.detail;
  return isSame ? row : seal.erase(row, 'object', { target, detail });
}

/** Where it is about a camera, a target of this name is something else. */
function isNamed({ target, cameraId }: AuditTable, { name }: Person): boolean {
  return name !== undefined && target === name && cameraId === null;
}

async function replace(store: Store, rows: readonly AuditTable[]): Promise<void> {
  if (rows.length === 0) return;
  await store.db.transaction().execute(async (trx) => {
    for (const { seq, actorName, address, userAgent, target, detail, actorProof, objectProof } of rows) {
      await trx
        .updateTable('audit')
        .set({ actorName, address, userAgent, target, detail, actorProof, objectProof })
        .where('seq', '=', seq)
        .execute();
    }
  });
}
