import type { AuditVerification } from '@vedette/contract';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { AuditTable } from '../../store/schema.ts';
import { chained } from './chain.ts';
import { ChainSeal, HEAD_KEY } from './chain-seal.ts';
import { erasePerson } from './erase-person.ts';
import { entryOf, openAuditBed, type AuditBed } from './testing/audit-bed.ts';
import { trimAudit } from './trim-audit.ts';
import { verifyChain } from './verify-chain.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'vedette-audit-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Ten entries, the first at 1000 ms, one a second. */
async function tenEntries(context: TestContext): Promise<AuditBed> {
  let now = 0;
  const dataDir = mkdtempSync(path.join(folder, 'data-'));
  const bed = await openAuditBed(context, { dataDir, databaseUrl: undefined }, { now: () => (now += 1000) });
  for (let index = 1; index <= 10; index += 1) bed.audit.record(entryOf({ target: `t${index}` }));
  await bed.audit.flush();
  return bed;
}

async function row({ store }: AuditBed, seq: number): Promise<AuditTable> {
  return store.db.selectFrom('audit').selectAll().where('seq', '=', seq).executeTakeFirstOrThrow();
}

async function set({ store }: AuditBed, seq: number, change: Partial<AuditTable>): Promise<void> {
  await store.db.updateTable('audit').set(change).where('seq', '=', seq).execute();
}

async function remove({ store }: AuditBed, seq: number): Promise<void> {
  await store.db.deleteFrom('audit').where('seq', '=', seq).execute();
}

/** Gives the rows from `seq` on a place one further, to make room, or one before. */
async function shift(bed: AuditBed, seq: number, by: 1 | -1): Promise<void> {
  const seqs = Array.from({ length: 11 - seq }, (_, index) => seq + index);
  for (const from of by === 1 ? seqs.reverse() : seqs) await set(bed, from, { seq: from + by });
}

/** As an attacker who knows how hashes are made, and not the key of the seal. */
async function writeAnew(bed: AuditBed, seq: number, last: number): Promise<void> {
  for (let at = seq; at <= last; at += 1) {
    const before = await row(bed, at - 1);
    await set(bed, at, chained(await row(bed, at), before));
  }
}

type Want = 'intact' | { seq: number; fault: Extract<AuditVerification, { state: 'broken' }>['fault'] };

const cases: { name: string; tamper: (bed: AuditBed) => Promise<unknown>; want: Want }[] = [
  { name: 'nothing', tamper: async () => Promise.resolve(), want: 'intact' },
  ...(
    [
      ['result', 'refused'],
      ['action', 'view.ended'],
      ['at', 1],
      ['cameraId', null],
      ['actorId', 'somebody else'],
      ['actorKind', 'apiKey'],
      ['userId', null],
      ['actorName', 'eve'],
      ['address', '198.51.100.1'],
      ['userAgent', ''],
      ['target', 't6'],
      ['detail', '{"a":1}'],
      ['actorProof', 'another salt'],
      ['objectProof', 'another salt'],
      ['hash', 'A'.repeat(43)],
      ['previousHash', 'A'.repeat(43)],
    ] as const
  ).map(([column, value]) => ({
    name: `${column} of one is changed`,
    tamper: async (bed: AuditBed) => set(bed, 5, { [column]: value }),
    want: { seq: 5, fault: 'changed' } as const,
  })),
  {
    name: 'the first is changed',
    tamper: async (bed) => set(bed, 1, { result: 'failed' }),
    want: { seq: 1, fault: 'changed' },
  },
  {
    name: 'the last is changed',
    tamper: async (bed) => set(bed, 10, { result: 'failed' }),
    want: { seq: 10, fault: 'changed' },
  },
  {
    name: 'one is changed, and its hash made anew',
    tamper: async (bed) => {
      await set(bed, 5, { action: 'view.ended' });
      await writeAnew(bed, 5, 5);
    },
    want: { seq: 5, fault: 'changed' },
  },
  {
    name: 'one is changed, and all hashes from there on are made anew',
    tamper: async (bed) => {
      await set(bed, 5, { action: 'view.ended' });
      await writeAnew(bed, 5, 10);
    },
    want: { seq: 10, fault: 'unsigned' },
  },
  { name: 'one is removed', tamper: async (bed) => remove(bed, 5), want: { seq: 5, fault: 'removed' } },
  { name: 'the first is removed', tamper: async (bed) => remove(bed, 1), want: { seq: 1, fault: 'removed' } },
  {
    name: 'the last is removed',
    tamper: async (bed) => remove(bed, 10),
    want: { seq: 10, fault: 'removed' },
  },
  {
    name: 'all are removed',
    tamper: async ({ store }) => store.db.deleteFrom('audit').execute(),
    want: { seq: 1, fault: 'removed' },
  },
  {
    name: 'one is removed, and those after it are moved up',
    tamper: async (bed) => {
      await remove(bed, 5);
      await shift(bed, 6, -1);
    },
    want: { seq: 5, fault: 'removed' },
  },
  {
    name: 'one is put in with a hash that fits',
    tamper: async (bed) => {
      await shift(bed, 5, 1);
      const forged = chained(await row(bed, 4), await row(bed, 4));
      await bed.store.db.insertInto('audit').values(forged).execute();
    },
    want: { seq: 5, fault: 'inserted' },
  },
  {
    name: 'one is put in with any hash',
    tamper: async (bed) => {
      await shift(bed, 5, 1);
      const forged = chained(await row(bed, 4), await row(bed, 4));
      await bed.store.db
        .insertInto('audit')
        .values({ ...forged, hash: 'B'.repeat(43) })
        .execute();
    },
    want: { seq: 5, fault: 'inserted' },
  },
  {
    name: 'one is put in at the end',
    tamper: async (bed) => {
      const forged = chained(await row(bed, 10), await row(bed, 10));
      await bed.store.db.insertInto('audit').values(forged).execute();
    },
    want: { seq: 11, fault: 'inserted' },
  },
  {
    name: 'one is put in at place 0',
    tamper: async (bed) => {
      const forged = { ...(await row(bed, 1)), seq: 0 };
      await bed.store.db.insertInto('audit').values(forged).execute();
    },
    want: { seq: 0, fault: 'inserted' },
  },
  {
    name: 'two change places',
    tamper: async (bed) => {
      await set(bed, 5, { seq: 99 });
      await set(bed, 6, { seq: 5 });
      await set(bed, 99, { seq: 6 });
    },
    want: { seq: 5, fault: 'reordered' },
  },
  {
    name: 'the signed end is taken away',
    tamper: async ({ store }) => store.db.deleteFrom('settings').where('key', '=', HEAD_KEY).execute(),
    want: { seq: 10, fault: 'unsigned' },
  },
  {
    name: 'the signed end is another key’s',
    tamper: async (bed) => {
      const value = new ChainSeal(new Uint8Array(32)).link(HEAD_KEY, await row(bed, 10));
      return bed.store.db.updateTable('settings').set({ value }).where('key', '=', HEAD_KEY).execute();
    },
    want: { seq: 10, fault: 'unsigned' },
  },
  {
    name: 'a name is erased',
    tamper: async ({ store, seal }) => erasePerson(store, seal, { id: 'id-of-mai', name: 'mai' }),
    want: 'intact',
  },
  {
    name: 'a name is erased by somebody without the key',
    tamper: async ({ store }) =>
      erasePerson(store, new ChainSeal(new Uint8Array(32)), { id: 'id-of-mai', name: 'mai' }),
    want: { seq: 1, fault: 'changed' },
  },
  {
    name: 'what stands in place of an erased name is changed',
    tamper: async (bed) => {
      await erasePerson(bed.store, bed.seal, { id: 'id-of-mai', name: 'mai' });
      await set(bed, 5, { actorName: 'eve' });
    },
    want: { seq: 5, fault: 'changed' },
  },
  {
    name: 'an erased entry is moved to another place',
    tamper: async (bed) => {
      await erasePerson(bed.store, bed.seal, { id: 'id-of-mai', name: 'mai' });
      const { actorProof } = await row(bed, 5);
      await set(bed, 7, { actorProof });
    },
    want: { seq: 7, fault: 'changed' },
  },
  {
    name: 'retention removes the first four',
    tamper: async ({ store, seal }) => assert.equal(await trimAudit(store, seal, 4500), 4),
    want: 'intact',
  },
  {
    name: 'retention removes all',
    tamper: async ({ store, seal }) => assert.equal(await trimAudit(store, seal, 99_000), 10),
    want: 'intact',
  },
  {
    name: 'one more is removed after retention',
    tamper: async (bed) => {
      await trimAudit(bed.store, bed.seal, 4500);
      await remove(bed, 5);
    },
    want: { seq: 5, fault: 'removed' },
  },
  {
    name: 'what retention removed comes back',
    tamper: async (bed) => {
      const first = await row(bed, 1);
      await trimAudit(bed.store, bed.seal, 4500);
      await bed.store.db.insertInto('audit').values(first).execute();
    },
    want: { seq: 1, fault: 'inserted' },
  },
  {
    name: 'retention finds a beginning that is not its own',
    tamper: async (bed) => {
      await remove(bed, 1);
      assert.equal(await trimAudit(bed.store, bed.seal, 99_000), 0, 'it hides nothing');
    },
    want: { seq: 1, fault: 'removed' },
  },
];

for (const { name, tamper, want } of cases) {
  test(`verify: ${name}`, async (context) => {
    const bed = await tenEntries(context);
    await tamper(bed);
    const found = await verifyChain(bed.store.db, bed.seal);
    if (want === 'intact') assert.equal(found.state, 'intact', JSON.stringify(found));
    else {
      const { message, entries, ...rest } = found as Extract<AuditVerification, { state: 'broken' }>;
      assert.deepEqual(rest, { state: 'broken', ...want }, message);
      assert.equal(entries <= Math.max(0, want.seq - 1), true, `${entries} entries before it`);
    }
  });
}

test('after retention has removed all, the chain goes on', async (context) => {
  const bed = await tenEntries(context);
  await trimAudit(bed.store, bed.seal, 99_000);
  bed.audit.record(entryOf());
  await bed.audit.flush();
  assert.deepEqual(await verifyChain(bed.store.db, bed.seal), {
    state: 'intact',
    entries: 1,
    firstSeq: 11,
    lastSeq: 11,
  });
});

test('entries that are cut off at the end are not forgotten by what is written after', async (context) => {
  const bed = await tenEntries(context);
  await remove(bed, 9);
  await remove(bed, 10);
  bed.audit.record(entryOf());
  await bed.audit.flush();
  const found = await verifyChain(bed.store.db, bed.seal);
  assert.equal(found.state === 'broken' && found.seq === 9 && found.fault === 'removed', true);
});

test('a log that is written meanwhile verifies', async (context) => {
  const bed = await tenEntries(context);
  for (let index = 0; index < 2500; index += 1) bed.audit.record(entryOf());
  const verifying = verifyChain(bed.store.db, bed.seal);
  for (let index = 0; index < 500; index += 1) bed.audit.record(entryOf());
  const found = await verifying;
  assert.equal(found.state, 'intact', JSON.stringify(found));
});
