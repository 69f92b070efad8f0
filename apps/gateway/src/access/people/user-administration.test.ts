import { newUser, type Grant } from '@vedette/contract';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openPeopleSite, ROOT, type PeopleSite } from './testing/people-site.ts';
import { UserAdministration } from './user-administration.ts';
import { Users } from './users.ts';

const PASSWORD = 'correct horse battery';

interface Office {
  readonly users: Users;
  readonly admin: UserAdministration;
  /** Users whose sessions were ended, and why. */
  readonly ended: [string, string][];
}

function officeOf(site: PeopleSite): Office {
  const users = new Users(site);
  const ended: [string, string][] = [];
  const admin = new UserAdministration({
    ...site,
    users,
    plans: ['free', 'pro'],
    endSessions: (id, reason) => ended.push([id, reason]),
  });
  return { users, admin, ended };
}

describe('users', () => {
  let site: PeopleSite;
  let office: Office;
  const make = async (name: string, more: object = {}) =>
    (await office.admin.create(ROOT, newUser.parse({ name, password: PASSWORD, ...more }))).user;

  before(async () => {
    site = await openPeopleSite();
    office = officeOf(site);
  });
  after(async () => site.close());

  test('a user is found by his name in any case, may what was granted, and is still there after a restart', async () => {
    const gate: Grant = { target: { kind: 'camera', id: 'gate' }, actions: ['view'] };
    const mai = await make('Mai', { displayName: 'Mai Trần', grants: [gate], plan: 'pro' });
    assert.deepEqual([mai.name, mai.mustChangePassword, mai.plan], ['mai', true, 'pro']);
    assert.equal(office.users.byName('MAI'), mai);
    const identity = { kind: 'user', id: mai.id, name: 'mai' } as const;
    assert.equal(site.rights.decide(identity, 'view', 'gate'), 'yes');
    assert.equal(site.rights.decide(identity, 'view', 'yard'), 'no');
    assert.equal(await site.passwords.verify('mai', mai.passwordHash, PASSWORD, 'known'), 'right');

    site = await site.restart();
    office = officeOf(site);
    await office.users.load();
    assert.deepEqual(office.users.byId(mai.id), mai);
    assert.equal(site.rights.decide(identity, 'view', 'gate'), 'yes');
  });

  test('nothing that could open a door lies in the store or in the audit', async () => {
    await make('nam');
    await office.users.update(office.users.byName('nam')?.id ?? '', {
      totp: { secret: 'JBSWY3DPEHPK3PXP', isEnabled: true, lastStep: 0 },
    });
    const rows = await site.store.db.selectFrom('users').selectAll().execute();
    const digest = office.users.byName('nam')?.digest;
    assert.ok(digest);
    for (const secret of [PASSWORD, 'JBSWY3DPEHPK3PXP', digest.MD5, digest['SHA-256']]) {
      assert.ok(!JSON.stringify(rows).includes(secret));
      assert.ok(!JSON.stringify(site.entries).includes(secret));
    }
    assert.ok(!JSON.stringify(site.entries).includes('argon2'));
  });

  test('a name is given once, in whatever case, also to two who ask at once', async () => {
    await assert.rejects(make('MAI'), { code: 'ERR_USER_EXISTS' });
    const both = await Promise.allSettled([make('twin'), make('Twin')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  test('a password that is made up is shown once, and opens', async () => {
    const { user, initialPassword } = await office.admin.create(ROOT, newUser.parse({ name: 'lan' }));
    assert.ok(initialPassword !== null && initialPassword.length >= 16);
    assert.equal(await site.passwords.verify('lan', user.passwordHash, initialPassword, 'known'), 'right');
    assert.equal(user.plan, 'free');
  });

  test('an unknown plan is refused', async () => {
    await assert.rejects(make('who', { plan: 'gold' }), { code: 'ERR_UNKNOWN_PLAN' });
    assert.equal(office.users.byName('who'), undefined);
  });

  test('a change is written with what was before and after, and nothing that stayed', async () => {
    const { id } = await make('linh', { role: 'user' });
    await office.admin.change(ROOT, id, { role: 'operator', displayName: 'linh' });
    assert.deepEqual(site.entries.at(-1), {
      ...ROOT,
      action: 'user.changed',
      target: 'linh',
      result: 'ok',
      detail: { before: { role: 'user' }, after: { role: 'operator' } },
    });
    assert.equal(site.rights.decide({ kind: 'user', id, name: 'linh' }, 'view', 'any'), 'yes');
  });

  test('one who is disabled is gone, his sessions end, and his logins are void', async () => {
    const user = await make('quang');
    const after = await office.admin.change(ROOT, user.id, { disabled: true });
    assert.equal(site.rights.decide({ kind: 'user', id: user.id, name: 'quang' }, 'view', 'gate'), 'gone');
    assert.ok(after.validFromMs > user.validFromMs);
    assert.deepEqual(office.ended.at(-1), [user.id, 'the user was disabled']);
  });

  for (const [what, act] of [
    ['demoted', async (id: string) => office.admin.change(ROOT, id, { role: 'operator' })],
    ['disabled', async (id: string) => office.admin.change(ROOT, id, { disabled: true })],
    ['removed', async (id: string) => office.admin.remove(ROOT, id)],
  ] as const) {
    test(`the last administrator is not ${what}; one of two is, but not both at once`, async () => {
      const first = await make(`first-${what}`, { role: 'admin' });
      await assert.rejects(async () => act(first.id), { code: 'ERR_LAST_ADMINISTRATOR' });
      const other = await make(`other-${what}`, { role: 'admin' });
      const both = await Promise.allSettled([act(first.id), act(other.id)]);
      assert.deepEqual(
        both.map(({ status }) => status),
        ['fulfilled', 'rejected'],
      );
      // Leaves none to the next case.
      await site.store.db.updateTable('users').set({ role: 'user' }).where('id', '=', other.id).execute();
      await office.users.amend(other.id, () => ({ role: 'user' }));
    });
  }

  test('a password reset by somebody else has to be changed, and ends what ran', async () => {
    const user = await make('thu');
    assert.equal(await office.admin.setPassword(ROOT, user.id, 'another long one'), null);
    const changed = office.admin.get(user.id);
    assert.equal(
      await site.passwords.verify('thu', changed.passwordHash, 'another long one', 'known'),
      'right',
    );
    assert.notEqual(changed.digest?.MD5, user.digest?.MD5);
    assert.equal(changed.mustChangePassword, true);
    assert.ok(changed.validFromMs > user.validFromMs);
    assert.deepEqual(office.ended.at(-1), [user.id, 'the password was reset']);
  });

  test('a second factor that is reset takes its recovery codes along', async () => {
    const { id } = await make('hoa');
    await office.users.update(id, { totp: { secret: 'ABCDEFGH', isEnabled: true, lastStep: 4 } });
    await site.store.db.insertInto('recoveryCodes').values({ userId: id, hash: 'h', usedAt: null }).execute();
    await office.admin.resetTotp(ROOT, id);
    assert.equal(office.admin.get(id).totp, undefined);
    const left = await site.store.db
      .selectFrom('recoveryCodes')
      .selectAll()
      .where('userId', '=', id)
      .execute();
    assert.deepEqual(left, []);
  });

  test('a step of the second factor is taken once, also by two at once', async () => {
    const { id } = await make('dung');
    await office.users.update(id, { totp: { secret: 'ABCDEFGH', isEnabled: true, lastStep: 4 } });
    const taken = await Promise.all([office.users.takeTotpStep(id, 7), office.users.takeTotpStep(id, 7)]);
    assert.deepEqual(taken, [true, false]);
    assert.equal(await office.users.takeTotpStep(id, 6), false);
    assert.equal(office.users.byId(id)?.totp?.lastStep, 7);
  });

  test('one who is removed leaves nothing that opens', async () => {
    const { id } = await make('bye');
    await site.store.db
      .insertInto('webSessions')
      .values({
        hash: 'w',
        id: 'w',
        userId: id,
        createdAt: 1,
        lastSeenAt: 1,
        expiresAt: 9,
        address: '',
        userAgent: '',
      })
      .execute();
    await office.admin.remove(ROOT, id);
    assert.deepEqual([office.users.byName('bye'), office.users.byId(id)], [undefined, undefined]);
    assert.equal(site.rights.decide({ kind: 'user', id, name: 'bye' }, 'view', 'gate'), 'gone');
    assert.deepEqual(
      await site.store.db.selectFrom('webSessions').selectAll().where('userId', '=', id).execute(),
      [],
    );
    await assert.rejects(office.admin.remove(ROOT, id), { code: 'ERR_USER_NOT_FOUND' });
  });

  test('what was granted for a camera does not hold for a later one of its name', async () => {
    const grants: Grant[] = [
      { target: { kind: 'camera', id: 'old' }, actions: ['view'] },
      { target: { kind: 'group', id: 'old' }, actions: ['view'] },
    ];
    const { id } = await make('keeper', { grants });
    await office.users.forgetTarget({ kind: 'camera', id: 'old' });
    assert.deepEqual(office.admin.get(id).grants, grants.slice(1));
  });

  test('while the store is away nothing changes, in memory neither', async () => {
    const { id } = await make('stays');
    await site.store.close();
    await assert.rejects(office.admin.change(ROOT, id, { role: 'admin' }), { name: 'StoreUnavailableError' });
    assert.equal(office.admin.get(id).role, 'user');
    assert.notEqual(site.rights.get('user', id)?.role, 'admin');
    site = await site.restart();
  });
});
