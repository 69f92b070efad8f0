import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { AdministratorPasswordError, ensureAdministrator } from './first-run.ts';
import { LoginDesk } from './testing/login-desk.ts';

describe('first run', () => {
  let desk: LoginDesk;
  let said: string[];
  beforeEach(async () => {
    desk = await LoginDesk.open();
    said = [];
  });
  afterEach(() => desk.close());

  const ensure = (environment: Record<string, string> = {}): Promise<boolean> =>
    ensureAdministrator({
      users: desk.users,
      passwords: desk.passwords,
      say: (text) => said.push(text),
      environment,
    });
  const login = (password: string) =>
    desk.login.login({ name: 'admin', password, peer: { address: '192.0.2.1' } });

  test('an administrator with a generated password, which is shown once and has to be changed', async () => {
    assert.equal(await ensure(), true);
    const [, password = ''] = /password {2}(\S+)/.exec(said.join('\n')) ?? [];
    assert.match(password, /^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    const proof = await login(password);
    assert.ok(proof.ok && proof.user.role === 'admin' && proof.user.mustChangePassword);
    said.length = 0;
    assert.equal(await ensure(), false);
    const again = await desk.restarted();
    assert.equal(again.users.size, 1);
    assert.deepEqual(said, []);
  });

  test('with VEDETTE_ADMIN_PASSWORD, which is not shown', async () => {
    assert.equal(await ensure({ VEDETTE_ADMIN_PASSWORD: 'chosen by the operator' }), true);
    assert.deepEqual(said, []);
    const proof = await login('chosen by the operator');
    assert.ok(proof.ok && !proof.user.mustChangePassword);
    assert.equal(await ensure({ VEDETTE_ADMIN_PASSWORD: 'another one later' }), false);
    assert.equal((await login('another one later')).ok, false);
  });

  test('one that is too short stops the start, and is not shown', async () => {
    await assert.rejects(
      ensure({ VEDETTE_ADMIN_PASSWORD: 'short' }),
      (error) =>
        error instanceof AdministratorPasswordError &&
        error.message.includes('at least 10 characters') &&
        !error.message.includes('short'),
    );
    assert.equal(desk.users.size, 0);
  });
});
