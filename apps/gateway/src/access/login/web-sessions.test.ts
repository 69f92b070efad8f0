import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LoginDesk } from './testing/login-desk.ts';
import type { UserRecord } from './user-records.ts';

const HOUR_MS = 3_600_000;
const PEER = { address: '192.0.2.1', userAgent: 'Browser/1' };

describe('logins of the dashboard', () => {
  let desk: LoginDesk;
  let mai: UserRecord;
  before(async () => {
    desk = await LoginDesk.open();
    mai = await desk.addUser('mai');
  });
  after(() => desk.close());

  const begin = (user = mai): Promise<string> => desk.sessions.begin(user, PEER, 12 * HOUR_MS);
  const rows = () => desk.store.db.selectFrom('webSessions').selectAll().execute();

  test('the cookie has 256 bits, and only its hash is kept', async () => {
    const cookie = await begin();
    assert.match(cookie, /^[\w-]{43}$/);
    assert.equal(desk.sessions.find(cookie)?.user.id, mai.id);
    assert.equal(desk.sessions.find(`${cookie.slice(0, -1)}_`), undefined);
    assert.ok(!JSON.stringify(await rows()).includes(cookie));
  });

  test('it ends when it is not used for its length, and is kept by use', async () => {
    const cookie = await begin();
    for (let use = 0; use < 5; use += 1) {
      desk.passMs(11 * HOUR_MS);
      assert.ok(desk.sessions.find(cookie), `use ${use}`);
    }
    desk.passMs(12 * HOUR_MS);
    assert.equal(desk.sessions.find(cookie), undefined);
  });

  test('it outlives a restart, with its last use', async () => {
    const cookie = await begin();
    desk.passMs(HOUR_MS);
    desk.sessions.find(cookie);
    const again = await desk.restarted();
    assert.equal(again.sessions.find(cookie)?.user.id, mai.id);
    again.passMs(11.5 * HOUR_MS);
    assert.ok(again.sessions.find(cookie), 'counted from the last use');
    assert.ok(again.addresses.has(mai.id, PEER.address), 'he is known where he logged in');
    desk.clock.nowMs = again.clock.nowMs;
  });

  test('the last use is written once a minute', async () => {
    const cookie = await begin();
    const id = desk.sessions.find(cookie)?.session.id;
    const first = desk.now();
    desk.passMs(30_000);
    desk.sessions.find(cookie);
    const seen = async () => (await rows()).find((row) => row.id === id)?.lastSeenAt;
    assert.equal(await seen(), first);
    desk.passMs(30_000);
    desk.sessions.find(cookie);
    assert.equal(await seen(), first + 60_000);
  });

  test('one, or all others, of a user are ended', async () => {
    const bo = await desk.addUser('bo');
    const [first, second, third] = [await begin(bo), await begin(bo), await begin(bo)];
    const other = await begin();
    const idOf = (cookie: string): string =>
      desk.sessions.find(cookie)?.session.id ?? assert.fail('is there');
    assert.equal(await desk.sessions.end(mai.id, idOf(first)), false, "not somebody else's");
    assert.equal(await desk.sessions.end(bo.id, idOf(first)), true);
    assert.equal(desk.sessions.find(first), undefined);
    assert.equal(await desk.sessions.endOthers(bo.id, idOf(third)), 1);
    assert.equal(desk.sessions.find(second), undefined);
    assert.ok(desk.sessions.find(third));
    assert.ok(desk.sessions.find(other));
    const again = await desk.restarted();
    assert.deepEqual(
      [first, second, third].map((cookie) => again.sessions.find(cookie) !== undefined),
      [false, false, true],
    );
  });

  test('logout everywhere voids them, also those of the same millisecond, and not the next one', async () => {
    const user = await desk.addUser('everywhere');
    const before = await begin(user);
    const changed = (await desk.logout.everywhere(user)) ?? assert.fail('is there');
    const next = await begin(changed);
    assert.equal(desk.sessions.find(before), undefined);
    assert.ok(desk.sessions.find(next));
    const again = await desk.restarted();
    assert.equal(again.sessions.find(before), undefined);
    assert.ok(again.sessions.find(next));
  });

  test('of a user who is disabled or removed none counts', async () => {
    const [off, gone] = [await desk.addUser('off'), await desk.addUser('gone')];
    const [cookieOff, cookieGone] = [await begin(off), await begin(gone)];
    await desk.users.amend(off.id, () => ({ isDisabled: true }));
    await desk.users.remove(gone.id, () => undefined);
    assert.equal(desk.sessions.find(cookieOff), undefined);
    assert.equal(desk.sessions.find(cookieGone), undefined);
  });

  test('a user has fifty at most: the one that was not used for longest goes', async () => {
    const user = await desk.addUser('many');
    const cookies: string[] = [];
    for (let index = 0; index < 51; index += 1) {
      desk.passMs(1);
      cookies.push(await begin(user));
    }
    assert.equal(desk.sessions.list(user.id).length, 50);
    assert.equal(desk.sessions.find(cookies[0] ?? ''), undefined);
    assert.ok(desk.sessions.find(cookies[1] ?? ''));
  });

  test('what has expired is removed', async () => {
    const user = await desk.addUser('late');
    await begin(user);
    desk.passMs(13 * HOUR_MS);
    await begin(user);
    assert.equal((await rows()).filter(({ userId }) => userId === user.id).length, 1);
    assert.equal(desk.sessions.size, 1);
  });
});
