import fc from 'fast-check';
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observability/logger.ts';
import { silentLogger } from '../../observability/logger.ts';
import { startBothDatabases } from '../../store/testing/both-databases.ts';
import type { AuditRecord } from '@vedette/contract';
import { collected, entryOf, openAuditBed, type AuditBed } from './testing/audit-bed.ts';
import { verifyChain } from './verify-chain.ts';

const databases = await startBothDatabases();
after(() => databases.close());

async function allOf({ reader }: AuditBed): Promise<AuditRecord[]> {
  return (await collected(reader.all({}))).reverse();
}

for (const database of databases.all) {
  describe(database.name, () => {
    test('entries are kept in order, with all that they say', async (context) => {
      const bed = await openAuditBed(context, await database.newPlace(), { now: () => 1_700_000_000_000 });
      bed.audit.record(entryOf({ detail: { before: { role: 'user' }, after: { role: 'admin' } } }));
      bed.audit.record(
        entryOf({
          identity: { kind: 'streamToken', id: 't1', userId: 'id-of-mai', name: 'mai' },
          action: 'view.ended',
          target: 't1',
          result: 'failed',
        }),
      );
      await bed.audit.flush();
      const [first, second] = await allOf(bed);
      assert.deepEqual(first, {
        seq: 1,
        at: '2023-11-14T22:13:20.000Z',
        actor: { kind: 'user', id: 'id-of-mai', name: 'mai' },
        action: 'view.started',
        cameraId: 'door',
        target: null,
        address: '192.0.2.7',
        userAgent: 'VLC/3.0',
        result: 'ok',
        detail: { before: { role: 'user' }, after: { role: 'admin' } },
        hash: first?.hash,
      });
      assert.deepEqual([second?.seq, second?.target, second?.result], [2, 't1', 'failed']);
      assert.deepEqual(await verifyChain(bed.store.db, bed.seal), {
        state: 'intact',
        entries: 2,
        firstSeq: 1,
        lastSeq: 2,
      });
    });

    test('whatever text is recorded, it is kept and verifies', async (context) => {
      const bed = await openAuditBed(context, await database.newPlace());
      const text = fc.string({ unit: 'binary', maxLength: 400 });
      const texts = fc.sample(fc.tuple(text, text, text), { numRuns: 100, seed: 7 });
      for (const [userAgent, target, word] of texts)
        bed.audit.record(
          entryOf({ userAgent: `\0${userAgent}\ud800`, target: `${target}\udfff\0`, detail: { word } }),
        );
      bed.audit.record(entryOf({ detail: { long: 'ä'.repeat(10_000) } }));
      const circle: Record<string, unknown> = {};
      circle['self'] = circle;
      bed.audit.record(entryOf({ detail: circle }));
      bed.audit.record(entryOf({ detail: { big: 1n } }));
      await bed.audit.flush();
      const found = await verifyChain(bed.store.db, bed.seal);
      assert.equal(found.state, 'intact', JSON.stringify(found));
      assert.equal(found.entries, 103);
      const longest = (await allOf(bed)).map(({ detail }) => JSON.stringify(detail).length);
      assert.ok(Math.max(...longest) <= 4096);
    });

    test('two gateways hang their entries on one chain', async (context) => {
      const place = await database.newPlace();
      const one = await openAuditBed(context, place);
      // SQLite is one process's own: there it is two logs on one store.
      const isShared = place.databaseUrl !== undefined;
      const other = isShared ? await openAuditBed(context, place) : one;
      for (let round = 0; round < 8; round += 1) {
        for (let index = 0; index < 10; index += 1) {
          one.audit.record(entryOf({ target: `one ${round * 10 + index}` }));
          other.audit.record(entryOf({ target: `other ${round * 10 + index}` }));
        }
        await Promise.all([one.audit.flush(), other.audit.flush()]);
      }
      assert.deepEqual(await verifyChain(one.store.db, one.seal), {
        state: 'intact',
        entries: 160,
        firstSeq: 1,
        lastSeq: 160,
      });
      for (const name of ['one', 'other']) {
        const targets = (await allOf(one)).flatMap(({ target }) =>
          target?.startsWith(`${name} `) === true ? [target] : [],
        );
        assert.deepEqual(
          targets,
          Array.from({ length: 80 }, (_, index) => `${name} ${index}`),
          'in the order in which each recorded them',
        );
      }
    });

    test('what is recorded goes on in the chain after a restart', async (context) => {
      const place = await database.newPlace();
      for (let run = 1; run <= 3; run += 1) {
        const bed = await openAuditBed(context, place);
        bed.audit.record(entryOf({ target: String(run) }));
        // Not flushed: closing does it.
        await bed.close();
      }
      const bed = await openAuditBed(context, place);
      assert.deepEqual(
        (await allOf(bed)).map(({ target }) => target),
        ['1', '2', '3'],
      );
      assert.equal((await verifyChain(bed.store.db, bed.seal)).state, 'intact');
    });

    test('3,000 entries in a burst: all are there, recording takes no time', async (context) => {
      const bed = await openAuditBed(context, await database.newPlace());
      for (let index = 0; index < 3000; index += 1) bed.audit.record(entryOf());
      await bed.audit.flush();
      assert.equal(bed.audit.waiting, 0);
      const found = await verifyChain(bed.store.db, bed.seal);
      assert.deepEqual([found.state, found.entries], ['intact', 3000]);
    });
  });
}

test('the database goes away and comes back: everything is written, in order, with its own time', async (context) => {
  const databaseUrl = await databases.postgres.newDatabase();
  const lines: string[] = [];
  const note = (_details: object, message: string): void => void lines.push(message);
  const logger: Logger = { ...silentLogger, info: note, error: note };
  let now = 1000;
  const bed = await openAuditBed(context, { dataDir: '/nowhere', databaseUrl }, { logger, now: () => now });
  bed.audit.record(entryOf({ target: 'before' }));
  await bed.audit.flush();
  await databases.postgres.stop('immediate');
  for (let index = 0; index < 700; index += 1) {
    now += 1;
    bed.audit.record(entryOf({ target: `away ${index}` }));
  }
  // It is tried, and fails.
  while (!lines.some((line) => line.includes('cannot be written'))) await delay(20);
  assert.equal(bed.audit.waiting, 700);
  const written = bed.audit.flush();
  await databases.postgres.start();
  await written;
  const records = await allOf(bed);
  assert.deepEqual(
    records.map(({ target }) => target),
    ['before', ...Array.from({ length: 700 }, (_, index) => `away ${index}`)],
  );
  assert.deepEqual(
    records.map(({ at }) => Date.parse(at)),
    Array.from({ length: 701 }, (_, index) => 1000 + index),
  );
  assert.equal((await verifyChain(bed.store.db, bed.seal)).state, 'intact');
  assert.equal(lines.filter((line) => line.includes('cannot be written')).length, 1, lines.join('\n'));
});

test('more than there is room for: refusals go first and are counted; closing does not wait for ever', async (context) => {
  const databaseUrl = await databases.postgres.newDatabase();
  const bed = await openAuditBed(context, { dataDir: '/nowhere', databaseUrl });
  await databases.postgres.stop('immediate');
  for (let index = 0; index < 600; index += 1) bed.audit.record(entryOf({ target: `early ${index}` }));
  for (let index = 0; index < 12_000; index += 1)
    bed.audit.record(entryOf({ action: 'login.failed', result: 'refused', cameraId: undefined }));
  for (let index = 0; index < 500; index += 1) bed.audit.record(entryOf({ target: `late ${index}` }));
  assert.equal(bed.audit.waiting, 10_000);
  await databases.postgres.start();
  await bed.audit.flush();
  const records = await allOf(bed);
  const kept = (word: string): number => records.filter(({ target }) => target?.startsWith(word)).length;
  assert.deepEqual([kept('early'), kept('late')], [600, 500], 'what was done is kept');
  const refused = records.filter(({ action }) => action === 'login.failed').length;
  const counted = records.filter(({ action }) => action === 'audit.overflow');
  const inCounts = counted.reduce((sum, { detail }) => sum + Number(detail['entries']), 0);
  assert.equal(refused + inCounts, 12_000, 'none is forgotten');
  assert.deepEqual(counted[0]?.detail['actions'], { 'login.failed': counted[0]?.detail['entries'] });
  assert.equal((await verifyChain(bed.store.db, bed.seal)).state, 'intact');

  await databases.postgres.stop('immediate');
  bed.audit.record(entryOf());
  const flushed = bed.audit.flush();
  await bed.audit.close();
  await assert.rejects(flushed, /closed/);
  await databases.postgres.start();
});
