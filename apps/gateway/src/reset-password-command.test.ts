import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Passwords } from './access/login/passwords.ts';
import { newPassword } from './access/login/set-password.ts';
import { newTotp } from './access/login/totp.ts';
import { Users } from './access/people/users.ts';
import { Rights } from './access/rights.ts';
import { Secrets } from './access/secrets.ts';
import { silentLogger } from './observability/logger.ts';
import { resetPasswordCommand } from './reset-password-command.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

const passwords = new Passwords();
let dataDir: string;

async function withUsers<T>(work: (users: Users, store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ dataDir, databaseUrl: undefined, logger: silentLogger });
  try {
    const users = new Users({ store, secrets: Secrets.open(dataDir), rights: new Rights() });
    await users.load();
    return await work(users, store);
  } finally {
    await store.close();
  }
}

async function run(name: string): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const code = await resetPasswordCommand(
    name,
    { dataDir, databaseUrl: undefined },
    {
      stdout: { write: (text) => (texts.out += text) },
      stderr: { write: (text) => (texts.err += text) },
    },
  );
  return { code, ...texts };
}

before(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'vedette-reset-'));
  await withUsers(async (users) => {
    const { id } = await users.create({
      name: 'admin',
      displayName: 'Administrator',
      role: 'admin',
      grants: [],
      plan: '',
      password: await newPassword(passwords, 'admin', 'a password that is lost'),
      mustChangePassword: false,
    });
    await users.update(id, { totp: { ...newTotp(), isEnabled: true } });
  });
});
after(() => rmSync(dataDir, { recursive: true, force: true }));

test('reset-password: a new password that is shown, no second factor, all logins ended, an entry in the audit', async () => {
  const validFromMs = await withUsers((users) => Promise.resolve(users.byName('admin')?.validFromMs ?? 0));
  const { code, out } = await run('Admin');
  assert.equal(code, 0);
  const [, password = ''] = /is now: {2}(\S+)\n/.exec(out) ?? [];
  await withUsers(async (users, store) => {
    const user = users.byName('admin') ?? assert.fail('is there');
    assert.equal(await passwords.verify('admin', user.passwordHash, password, 'known'), 'right');
    assert.equal(user.mustChangePassword, true);
    assert.equal(user.totp, undefined);
    assert.ok(user.validFromMs > validFromMs);
    const entries = await store.db.selectFrom('audit').select(['action', 'target']).execute();
    assert.deepEqual(entries, [{ action: 'user.passwordReset', target: 'admin' }]);
  });
});

test('reset-password: nobody of this name', async () => {
  assert.deepEqual(await run('nobody'), { code: 1, out: '', err: 'vedette: there is no user "nobody"\n' });
});

test('reset-password: says so where a gateway uses the database', async () => {
  const { code, err } = await withUsers(() => run('admin'));
  assert.equal(code, 1);
  assert.match(err, /stop it/);
});
