import type { AuditFilter } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { startBothDatabases } from '../../store/testing/both-databases.ts';
import { AuditLog } from './audit-log.ts';
import { AuditReader, seqOfCursor } from './audit-reader.ts';
import { ChainSeal } from './chain-seal.ts';
import { erasePerson, pseudonymOf } from './erase-person.ts';
import { csvField, csvOf, jsonLinesOf } from './export-format.ts';
import { collected, entryOf, SEAL_KEY } from './testing/audit-bed.ts';
import { verifyChain } from './verify-chain.ts';

const databases = await startBothDatabases();
after(() => databases.close());

const MAI = { kind: 'user', id: '7a0c9c2e-mai', name: 'mai' } as const;
const ADMIN = { kind: 'user', id: 'f5d1b0aa-admin', name: 'root_1' } as const;
const NOBODY = { kind: 'nobody' } as const;

/** One a second, from 1970-01-01T00:00:01Z on. */
const ENTRIES = [
  entryOf({ identity: MAI, action: 'login.succeeded', target: 'mai', cameraId: undefined }),
  entryOf({ identity: MAI, action: 'view.started', cameraId: 'door' }),
  entryOf({
    identity: NOBODY,
    action: 'login.failed',
    target: 'mai',
    cameraId: undefined,
    result: 'refused',
  }),
  entryOf({
    identity: ADMIN,
    action: 'user.changed',
    target: 'mai',
    cameraId: undefined,
    detail: { before: 'Mai' },
  }),
  entryOf({
    identity: ADMIN,
    action: 'push.created',
    target: 'mai',
    cameraId: 'yard',
    address: '2001:db8::1',
  }),
  entryOf({
    identity: { kind: 'streamToken', id: 'token-1', userId: MAI.id, name: 'mai' },
    action: 'view.ended',
    cameraId: 'yard',
    address: '198.51.100.9',
  }),
  entryOf({ identity: ADMIN, action: 'share.created', cameraId: 'door', detail: { for: MAI.id } }),
];

const filters: { filter: AuditFilter; want: number[] }[] = [
  { filter: {}, want: [7, 6, 5, 4, 3, 2, 1] },
  { filter: { actor: 'MAI' }, want: [6, 2, 1] },
  { filter: { actor: MAI.id }, want: [6, 2, 1] },
  { filter: { actor: 'token-1' }, want: [6] },
  { filter: { actor: 'root_' }, want: [7, 5, 4] },
  { filter: { actor: 'root%' }, want: [] },
  { filter: { actor: 'm_i' }, want: [] },
  { filter: { actor: String.raw`mai\ ` }, want: [] },
  { filter: { action: 'login.' }, want: [3, 1] },
  { filter: { action: 'view' }, want: [6, 2] },
  { filter: { camera: 'yard' }, want: [6, 5] },
  { filter: { result: 'refused' }, want: [3] },
  { filter: { address: '192.0.2.' }, want: [7, 4, 3, 2, 1] },
  { filter: { address: '2001:DB8' }, want: [5] },
  { filter: { from: '1970-01-01T00:00:06Z' }, want: [7, 6] },
  { filter: { to: '1970-01-01T01:00:03+01:00' }, want: [2, 1] },
  {
    filter: { from: '1970-01-01T00:00:02Z', to: '1970-01-01T00:00:07Z', actor: 'mai', camera: 'yard' },
    want: [6],
  },
];

for (const database of databases.all) {
  describe(database.name, () => {
    let store: Store;
    let reader: AuditReader;
    const seal = new ChainSeal(SEAL_KEY);
    before(async () => {
      store = await openStore({ ...(await database.newPlace()), logger: silentLogger });
      reader = new AuditReader(store.db);
      let now = 0;
      const audit = new AuditLog({ store, seal, logger: silentLogger, now: () => (now += 1000) });
      for (const entry of ENTRIES) audit.record(entry);
      await audit.close();
    });
    after(() => store.close());

    for (const { filter, want } of filters) {
      test(`entries that fit ${JSON.stringify(filter)}`, async () => {
        const { items } = await reader.page(filter, 100);
        assert.deepEqual(
          items.map(({ seq }) => seq),
          want,
        );
      });
    }

    test('pages, newest first', async () => {
      const pages: number[][] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await reader.page({}, 3, cursor === undefined ? undefined : seqOfCursor(cursor));
        pages.push(page.items.map(({ seq }) => seq));
        cursor = page.nextCursor;
      }
      assert.deepEqual(pages, [[7, 6, 5], [4, 3, 2], [1]]);
      assert.equal(seqOfCursor('nonsense'), undefined);
    });

    test('exports hold all that fit', async () => {
      const csv = (await collected(csvOf(reader.all({})))).join('').split('\r\n');
      assert.equal(csv.length, 9, 'names, seven entries, and the end');
      const lines = (await collected(jsonLinesOf(reader.all({ actor: 'mai' })))).join('');
      assert.deepEqual(
        lines
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { seq: number }).seq),
        [6, 2, 1],
      );
    });

    test('a person is erased: what was done stays, the name is nowhere, the log verifies', async () => {
      const person = { id: MAI.id, name: MAI.name };
      const about = await collected(reader.about(person));
      assert.deepEqual(
        about.map(({ seq }) => seq),
        [7, 6, 4, 3, 2, 1],
      );
      assert.equal(await erasePerson(store, seal, person), 6);
      const { items } = await reader.page({}, 100);
      const text = JSON.stringify(items.filter(({ seq }) => seq !== 5));
      for (const word of ['"mai"', '"Mai"', '198.51.100.9']) assert.ok(!text.includes(word), word);
      const bySeq = new Map(items.map((item) => [item.seq, item]));
      const pseudonym = pseudonymOf(person);
      assert.deepEqual([bySeq.get(2)?.actor.name, bySeq.get(2)?.address], [pseudonym, '']);
      assert.deepEqual([bySeq.get(3)?.target, bySeq.get(3)?.address], [pseudonym, '']);
      assert.deepEqual(
        [bySeq.get(4)?.actor.name, bySeq.get(4)?.address, bySeq.get(4)?.target, bySeq.get(4)?.detail],
        ['root_1', '192.0.2.7', pseudonym, { erased: true }],
        'who changed him is not erased',
      );
      assert.equal(bySeq.get(5)?.target, 'mai', 'the push of that name is none of him');
      assert.deepEqual(bySeq.get(6)?.actor, { kind: 'streamToken', id: 'token-1', name: pseudonym });
      assert.deepEqual(await verifyChain(store.db, seal), {
        state: 'intact',
        entries: 7,
        firstSeq: 1,
        lastSeq: 7,
      });
      assert.equal(await erasePerson(store, seal, person), 0, 'nothing is left');
    });
  });
}

for (const { text, want } of [
  { text: 'plain', want: 'plain' },
  { text: '=HYPERLINK("http://evil")', want: `"'=HYPERLINK(""http://evil"")"` },
  { text: '+1', want: "'+1" },
  { text: '-1', want: "'-1" },
  { text: '@SUM(A1)', want: "'@SUM(A1)" },
  { text: '\t=1', want: "'\t=1" },
  { text: '\r=1', want: `"'\r=1"` },
  { text: 'a,b', want: '"a,b"' },
  { text: 'a"b', want: '"a""b"' },
  { text: 'a\nb', want: '"a\nb"' },
]) {
  test(`csvField: ${JSON.stringify(text)}`, () => assert.equal(csvField(text), want));
}
