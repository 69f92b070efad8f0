import { config as schema } from '@vedette/contract';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { silentLogger } from '../../observability/logger.ts';
import { sampleRows } from '../../store/testing/sample-rows.ts';
import { collected, entryOf, openAuditBed, type AuditBed } from '../audit/testing/audit-bed.ts';
import { verifyChain } from '../audit/verify-chain.ts';
import { Passwords } from '../login/passwords.ts';
import type { UserRecord } from '../login/user-records.ts';
import { UserAdministration } from '../people/user-administration.ts';
import { Users } from '../people/users.ts';
import { Rights } from '../rights.ts';
import { Secrets } from '../secrets.ts';
import { Privacy } from './privacy.ts';
import { Retention } from './retention.ts';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(path.join(tmpdir(), 'vedette-privacy-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Bed extends AuditBed {
  readonly users: Users;
  readonly privacy: Privacy;
  readonly retention: Retention;
  readonly clock: { now: number };
  readonly person: (name: string, role?: 'admin' | 'user') => Promise<UserRecord>;
}

async function openBed(context: TestContext): Promise<Bed> {
  const clock = { now: Date.parse('2026-03-01T00:00:00Z') };
  const now = (): number => clock.now;
  const dataDir = mkdtempSync(path.join(folder, 'data-'));
  const bed = await openAuditBed(context, { dataDir, databaseUrl: undefined }, { now });
  const { store, seal, audit } = bed;
  const rights = new Rights();
  const users = new Users({ store, secrets: Secrets.open(dataDir), rights, now });
  const administration = new UserAdministration({
    ...{ users, audit, now },
    passwords: new Passwords(),
    plans: ['free'],
    endSessions: () => undefined,
  });
  const config = schema.parse({ access: { auditDays: 30, retention: { revokedKeyDays: 10 } } }).access;
  return {
    ...bed,
    ...{ users, clock },
    privacy: new Privacy({ store, seal, audit, now, users: administration }),
    retention: new Retention({ store, seal, audit, config, now, logger: silentLogger }),
    person: (name, role = 'user') =>
      users.create({
        ...{ name, role, displayName: `${name} of the test`, grants: [], plan: 'free' },
        ...{ password: undefined, mustChangePassword: false, oidcSubject: `https://idp.example ${name}` },
      }),
  };
}

const actorOf = ({ id, name }: UserRecord) => ({
  identity: { kind: 'user', id, name } as const,
  address: '192.0.2.1',
  userAgent: 'Firefox',
});

test('what is kept about somebody: all of it, and nothing secret', async (context) => {
  const { privacy, store, audit, person } = await openBed(context);
  const [mai, kim] = [await person('mai'), await person('kim', 'admin')];
  for (const { id } of [mai, kim]) {
    const own = { ...sampleRows.webSessions, hash: `session of ${id}`, id: `session of ${id}`, userId: id };
    await store.db.insertInto('webSessions').values(own).execute();
    await store.db
      .insertInto('refreshTokens')
      .values({ ...sampleRows.refreshTokens, hash: `refresh hash of ${id}`, userId: id })
      .execute();
    await store.db
      .insertInto('apiKeys')
      .values({ ...sampleRows.apiKeys, id: `key of ${id}`, hash: `key hash of ${id}`, createdBy: id })
      .execute();
  }
  audit.record(entryOf({ ...actorOf(mai), action: 'view.started' }));
  audit.record(entryOf({ ...actorOf(kim), action: 'user.changed', cameraId: undefined, target: 'mai' }));
  audit.record(entryOf({ ...actorOf(kim), action: 'view.started' }));
  await audit.flush();
  const data = await privacy.export(actorOf(mai), mai.id);
  assert.equal(data.profile.name, 'mai');
  assert.equal(data.profile.singleSignOn, 'https://idp.example mai');
  assert.deepEqual(
    data.webSessions.map(({ id }) => id),
    [`session of ${mai.id}`],
  );
  assert.deepEqual([data.apiLogins.length, data.apiKeys.length], [1, 1]);
  assert.deepEqual(
    data.audit.map(({ action }) => action),
    ['user.changed', 'view.started'],
  );
  const text = JSON.stringify(data);
  for (const secret of ['hash of', `of ${kim.id}`]) assert.ok(!text.includes(secret), secret);
  await assert.rejects(privacy.export(actorOf(mai), 'f0000000-0000-4000-8000-000000000000'), {
    code: 'ERR_USER_NOT_FOUND',
  });
});

test('erased: he is gone, his name is nowhere, the log verifies, what comes late is erased too', async (context) => {
  const { privacy, retention, store, seal, audit, reader, users, person } = await openBed(context);
  const [mai, kim] = [await person('mai'), await person('kim', 'admin')];
  audit.record(entryOf({ ...actorOf(mai), action: 'view.started' }));
  // Not flushed: it waits while he is erased.
  const erasure = await privacy.erase(actorOf(kim), mai.id);
  assert.deepEqual(erasure, { id: mai.id, pseudonym: `erased-${mai.id.slice(0, 8)}`, auditEntries: 2 });
  assert.equal(users.byId(mai.id), undefined);
  audit.record(entryOf({ ...actorOf(mai), action: 'view.ended' }));
  await audit.flush();
  await retention.sweep();
  const records = await collected(reader.all({}));
  assert.ok(!JSON.stringify(records).includes('mai'), JSON.stringify(records));
  assert.deepEqual(
    records.map(({ action, actor }) => `${action} ${actor.name}`),
    [
      `view.ended ${erasure.pseudonym}`,
      'user.erased kim',
      'user.removed kim',
      `view.started ${erasure.pseudonym}`,
    ],
  );
  assert.equal((await verifyChain(store.db, seal)).state, 'intact');
  assert.deepEqual(records[1]?.detail, { pseudonym: erasure.pseudonym, auditEntries: 2 });
});

test('nobody erases himself, and the last administrator stays', async (context) => {
  const { privacy, users, person } = await openBed(context);
  const [mai, kim] = [await person('mai'), await person('kim', 'admin')];
  await assert.rejects(privacy.erase(actorOf(kim), kim.id), { code: 'ERR_ERASE_SELF' });
  await assert.rejects(privacy.erase(actorOf(mai), kim.id), { code: 'ERR_LAST_ADMINISTRATOR' });
  assert.notEqual(users.byId(kim.id), undefined);
});

test('retention: old entries and void keys go, the rest stays and verifies', async (context) => {
  const { retention, store, seal, audit, reader, clock } = await openBed(context);
  const start = clock.now;
  for (let day = 0; day < 40; day += 1) {
    clock.now = start + day * DAY_MS;
    audit.record(entryOf({ target: `day ${day}` }));
  }
  await audit.flush();
  const key = (name: string, revokedDaysAgo: number | null, expiredDaysAgo: number | null) => ({
    ...sampleRows.apiKeys,
    ...{ id: name, hash: name, name },
    revokedAt: revokedDaysAgo === null ? null : clock.now - revokedDaysAgo * DAY_MS,
    expiresAt: expiredDaysAgo === null ? null : clock.now - expiredDaysAgo * DAY_MS,
  });
  await store.db
    .insertInto('apiKeys')
    .values([
      key('good', null, null),
      key('lately', 9, null),
      key('revoked', 11, null),
      key('expired', null, 11),
    ])
    .execute();
  await retention.sweep();
  await audit.flush();
  const records = await collected(reader.all({}));
  assert.deepEqual(
    [records.length, records.at(-1)?.target, records[0]?.action],
    [32, 'day 9', 'audit.trimmed'],
  );
  assert.deepEqual(records[0]?.detail, { entries: 9, days: 30 });
  assert.equal((await verifyChain(store.db, seal)).state, 'intact');
  const left = await store.db.selectFrom('apiKeys').select('id').orderBy('id').execute();
  assert.deepEqual(
    left.map(({ id }) => id),
    ['good', 'lately'],
  );
  await retention.sweep();
  await audit.flush();
  assert.equal((await collected(reader.all({}))).length, 32, 'nothing more to do');
  await retention.close();
});
