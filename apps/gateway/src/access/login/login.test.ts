import { TOTP } from 'otpauth';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Refusal } from '../door.ts';
import { Passwords, type PasswordVerdict } from './passwords.ts';
import type { PasswordProof } from './password-check.ts';
import { CHEAP, LoginDesk, PASSWORD } from './testing/login-desk.ts';
import { newTotp } from './totp.ts';
import type { UserRecord } from './user-records.ts';
import type { Lane } from './work-lanes.ts';

const HOME = '192.0.2.1';
const ELSEWHERE = '198.51.100.7';
const MINUTE_MS = 60_000;

function codeOf(proof: PasswordProof): Refusal['code'] | 'ok' {
  return proof.ok ? 'ok' : proof.code;
}

/** Writes down what is asked of the real one. */
class WatchedPasswords extends Passwords {
  readonly calls: string[] = [];

  override remembers(...args: Parameters<Passwords['remembers']>): boolean {
    this.calls.push('remembers');
    return super.remembers(...args);
  }

  override async verify(
    name: string,
    hash: string | undefined,
    password: string,
    lane: Lane,
  ): Promise<PasswordVerdict> {
    this.calls.push(`verify ${lane}`);
    return super.verify(name, hash, password, lane);
  }
}

describe('login', () => {
  let desk: LoginDesk;
  let watched: WatchedPasswords;
  let mai: UserRecord;
  before(async () => {
    desk = await LoginDesk.open({
      passwords: (now) => (watched = new WatchedPasswords({ cost: CHEAP, now })),
    });
    mai = await desk.addUser('mai');
  });
  after(() => desk.close());

  const login = (name: string, password: string, address = HOME, code?: string): Promise<PasswordProof> =>
    desk.login.login({ name, password, code, peer: { address } });

  test('name in any case, and the password', async () => {
    const proof = await login('MAI', PASSWORD, '192.0.2.50');
    assert.ok(proof.ok);
    assert.equal(proof.user.id, mai.id);
    assert.deepEqual(desk.audit.at(-1), {
      identity: { kind: 'user', id: mai.id, name: 'mai' },
      action: 'login.succeeded',
      target: 'mai',
      address: '192.0.2.50',
      userAgent: undefined,
      result: 'ok',
      detail: { secondFactor: 'none' },
    });
  });

  test('unknown names, wrong passwords, disabled users and users without a password: the same steps, the same answer', async () => {
    const disabled = await desk.addUser('off');
    await desk.users.amend(disabled.id, () => ({ isDisabled: true }));
    await desk.users.create({
      name: 'sso',
      displayName: 'sso',
      role: 'user',
      grants: [],
      plan: '',
      password: undefined,
      mustChangePassword: false,
    });
    const seen = [];
    for (const [name, password] of [
      ['nobody', 'wrong'],
      ['mai', 'wrong'],
      ['off', PASSWORD],
      ['sso', 'wrong'],
    ] as const) {
      watched.calls.length = 0;
      seen.push({
        proof: await login(name, password, `203.0.113.${seen.length}`),
        calls: [...watched.calls],
      });
    }
    const [first, ...others] = seen;
    assert.deepEqual(first?.calls, ['remembers', 'verify stranger']);
    assert.equal(first.proof.ok, false);
    for (const other of others) assert.deepEqual(other, first);
  });

  test('the password is in no entry of the audit', async () => {
    await login('mai', 'a secret that was mistyped', ELSEWHERE);
    assert.equal(desk.audit.at(-1)?.action, 'login.failed');
    assert.ok(!JSON.stringify(desk.audit).includes('mistyped'));
    assert.ok(!JSON.stringify(desk.audit).includes(PASSWORD));
  });

  test('a hash of other costs is renewed by the login', async () => {
    const old = new Passwords({ cost: { ...CHEAP, memoryCost: 32 } });
    const user = await desk.addUser('old');
    const digest = user.digest ?? assert.fail('has HA1s');
    await desk.users.update(user.id, { password: { passwordHash: await old.hash(PASSWORD), digest } });
    assert.equal(codeOf(await login('old', PASSWORD)), 'ok');
    while (desk.passwords.needsRehash(desk.users.byId(user.id)?.passwordHash ?? '')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    desk.passMs(2 * MINUTE_MS);
    assert.equal(codeOf(await login('old', PASSWORD)), 'ok');
  });

  test('many connections of one player cost one hash', async () => {
    await desk.addUser('player');
    watched.calls.length = 0;
    const proofs = await Promise.all(Array.from({ length: 100 }, () => login('player', PASSWORD)));
    assert.deepEqual(new Set(proofs.map(codeOf)), new Set(['ok']));
    assert.equal(watched.calls.filter((call) => call.startsWith('verify')).length, 1);
  });
});

describe('lockout', () => {
  let desk: LoginDesk;
  before(async () => {
    desk = await LoginDesk.open();
    await desk.addUser('owner', 'admin');
  });
  after(() => desk.close());

  const login = (password: string, address: string, device?: string): Promise<PasswordProof> =>
    desk.login.login({ name: 'owner', password, peer: { address }, device });

  async function attack(address: string, attempts = 30): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) await login(`guess ${attempt}`, address);
  }

  test('who guesses has to wait, longer and longer, at most some minutes', async () => {
    await attack(ELSEWHERE);
    const proof = await login(PASSWORD, ELSEWHERE);
    assert.ok(!proof.ok && proof.code === 'ERR_RATE_LIMITED' && proof.retryAfterMs !== undefined);
    let waitMs = proof.retryAfterMs;
    let before = 0;
    for (let round = 0; round < 12; round += 1) {
      desk.passMs(waitMs);
      assert.equal(codeOf(await login(`later guess ${round}`, ELSEWHERE)), 'ERR_LOGIN_FAILED');
      const next = await login('one more', ELSEWHERE);
      assert.ok(!next.ok && next.retryAfterMs !== undefined);
      waitMs = next.retryAfterMs;
      assert.ok(waitMs >= before && waitMs <= 5 * MINUTE_MS, `${waitMs} after ${before}`);
      before = waitMs;
    }
    assert.equal(before, 5 * MINUTE_MS);
  });

  test('the owner logs in from where he did before, whatever strangers guess elsewhere', async () => {
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
    desk.passMs(2 * MINUTE_MS); // no longer remembered
    for (let host = 0; host < 200; host += 1) await attack(`198.18.0.${host}`, 6);
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
  });

  test('a new address is free, too: no name is ever blocked', async () => {
    for (let host = 0; host < 50; host += 1) await attack(`198.18.1.${host}`, 6);
    desk.passMs(2 * MINUTE_MS);
    assert.equal(codeOf(await login(PASSWORD, '192.0.2.99')), 'ok');
  });

  test('what others fail at from his address does not touch him', async () => {
    desk.passMs(2 * MINUTE_MS);
    for (let attempt = 0; attempt < 60; attempt += 1) {
      await desk.login.login({ name: `guest${attempt}`, password: 'x', peer: { address: HOME } });
    }
    const stranger = await desk.login.login({ name: 'guest', password: 'x', peer: { address: HOME } });
    assert.equal(codeOf(stranger), 'ERR_RATE_LIMITED');
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
  });

  test('his browser is known by its cookie, also where somebody guesses his name from his address', async () => {
    desk.passMs(2 * MINUTE_MS);
    const { id } = desk.users.byName('owner') ?? assert.fail('is there');
    const device = desk.devices.make(id);
    await attack(HOME);
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ERR_RATE_LIMITED');
    assert.equal(codeOf(await login(PASSWORD, HOME, device)), 'ok');
    assert.equal(codeOf(await login(PASSWORD, ELSEWHERE, device)), 'ok');
  });

  test('a device cookie is good for its user alone, for a year, and itself not for guessing', async () => {
    const { id } = desk.users.byName('owner') ?? assert.fail('is there');
    const other = await desk.addUser('other');
    const device = desk.devices.make(id);
    assert.equal(desk.devices.idOf(device, other.id), undefined);
    assert.equal(desk.devices.idOf(`${device}x`, id), undefined);
    assert.equal(desk.devices.idOf('', id), undefined);
    assert.ok(desk.devices.idOf(device, id));
    for (let attempt = 0; attempt < 30; attempt += 1) await login(`guess ${attempt}`, '192.0.2.3', device);
    assert.equal(codeOf(await login(PASSWORD, '192.0.2.3', device)), 'ERR_RATE_LIMITED');
    desk.passMs(366 * 24 * 60 * MINUTE_MS);
    assert.equal(desk.devices.idOf(device, id), undefined);
  });

  test('what is remembered of a password tells nothing to whoever has to wait', async () => {
    await attack('198.51.100.200', 6);
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
    assert.equal(codeOf(await login(PASSWORD, '198.51.100.200')), 'ERR_RATE_LIMITED');
  });

  test('a flood from many addresses is bounded work, and the owner is served meanwhile', async () => {
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
    desk.passMs(2 * MINUTE_MS);
    const flood = Array.from({ length: 1000 }, (_, index) =>
      login(`guess ${index}`, `198.19.${index >> 8}.${index & 255}`),
    );
    const { running, waiting } = desk.passwords.load;
    assert.ok(running <= 2 && waiting <= 50, `${running} run, ${waiting} wait`);
    assert.equal(codeOf(await login(PASSWORD, HOME)), 'ok');
    const codes = (await Promise.all(flood)).map(codeOf);
    assert.deepEqual(new Set(codes), new Set(['ERR_LOGIN_FAILED', 'ERR_RATE_LIMITED']));
    const verified = codes.filter((code) => code === 'ERR_LOGIN_FAILED').length;
    assert.ok(verified >= 50 && verified <= 51, `${verified}: those that waited, and the one that ran`);
  });

  test('the addresses of an IPv6 network are one', async () => {
    for (let host = 0; host < 30; host += 1) await attack(`2001:db8:1:2::${host + 1}`, 1);
    assert.equal(codeOf(await login(PASSWORD, '2001:db8:1:2:ffff::1')), 'ERR_RATE_LIMITED');
    assert.equal(codeOf(await login(PASSWORD, '2001:db8:1:3::1')), 'ok');
  });
});

test('failures are counted by the limits of all gateways, too', async () => {
  const desk = await LoginDesk.open({ loginLimit: { count: 3, seconds: 60 } });
  try {
    await desk.addUser('mai');
    const peer = { address: ELSEWHERE };
    const codes = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      codes.push(codeOf(await desk.login.login({ name: `name${attempt}`, password: 'x', peer })));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(codes.slice(3), ['ERR_LOGIN_FAILED', 'ERR_RATE_LIMITED']);
  } finally {
    await desk.close();
  }
});

describe('second factor', () => {
  let desk: LoginDesk;
  let user: UserRecord;
  before(async () => {
    desk = await LoginDesk.open();
    const { id } = await desk.addUser('mai');
    user =
      (await desk.users.update(id, { totp: { ...newTotp(), isEnabled: true } })) ?? assert.fail('is there');
  });
  after(() => desk.close());

  const code = (): string =>
    new TOTP({ secret: user.totp?.secret ?? '' }).generate({ timestamp: desk.now() });
  const login = (shown?: string, address = HOME, password = PASSWORD): Promise<PasswordProof> =>
    desk.login.login({ name: 'mai', password, code: shown, peer: { address } });

  test('is asked for after the password, and not before', async () => {
    assert.equal(codeOf(await login()), 'ERR_TOTP_REQUIRED');
    assert.equal(codeOf(await login(code(), HOME, 'wrong')), 'ERR_LOGIN_FAILED');
    assert.equal(codeOf(await login('000000')), 'ERR_TOTP_WRONG');
    assert.equal(codeOf(await login('no code')), 'ERR_TOTP_WRONG');
  });

  test('a code is good once', async () => {
    const shown = code();
    assert.equal(codeOf(await login(shown)), 'ok');
    assert.equal(codeOf(await login(shown)), 'ERR_TOTP_WRONG');
    desk.passMs(30_000);
    const codes = await Promise.all([login(code()), login(code(), ELSEWHERE)]);
    assert.deepEqual(codes.map(codeOf).sort(), ['ERR_TOTP_WRONG', 'ok']);
  });

  test('a recovery code is good once, however it is typed', async () => {
    const codes = await desk.recoveryCodes.renew(user.id);
    assert.equal(codes.length, 10);
    assert.equal(new Set(codes).size, 10);
    const [first = ''] = codes;
    assert.match(first, /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    assert.equal(codeOf(await login(` ${first.toUpperCase().replaceAll('-', ' ')}`)), 'ok');
    assert.equal(codeOf(await login(first)), 'ERR_TOTP_WRONG');
    assert.equal(await desk.recoveryCodes.count(user.id), 9);
    await desk.recoveryCodes.renew(user.id);
    assert.equal(codeOf(await login(codes[1])), 'ERR_TOTP_WRONG', 'of the set before');
  });

  test('who guesses codes is slowed from everywhere; recovery codes and known places are not', async () => {
    const [recovery = ''] = await desk.recoveryCodes.renew(user.id);
    desk.passMs(10 * MINUTE_MS);
    for (let host = 0; host < 40; host += 1) await login('000000', `198.18.7.${host}`);
    assert.equal(codeOf(await login(code(), '198.18.8.1')), 'ERR_RATE_LIMITED');
    assert.equal(codeOf(await login(recovery, '198.18.8.1')), 'ok');
    assert.equal(codeOf(await login(code())), 'ok');
  });
});
