import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '../observability/logger.ts';
import type { Credentials, Peer, Refusal } from './door.ts';
import { Identifier } from './identifier.ts';
import { MemoryLimits } from './limits/memory-limits.ts';
import { AccessTokenProver } from './login/provers/access-token-prover.ts';
import { ApiKeyProver } from './login/provers/api-key-prover.ts';
import { CookieProver } from './login/provers/cookie-prover.ts';
import { DigestProver } from './login/provers/digest-prover.ts';
import { PasswordProver } from './login/provers/password-prover.ts';
import { LoginDesk, PASSWORD } from './login/testing/login-desk.ts';
import { newTotp } from './login/totp.ts';
import type { UserRecord } from './login/user-records.ts';
import type { Proof, ProofContext, Prover } from './prover.ts';

const PEER: Peer = { address: '192.0.2.1' };
const VIEW: ProofContext = { action: 'view', cameraId: 'gate', protocol: 'rtsp' };
const RATE = { count: 1_000_000, seconds: 60 };
const NONE: Credentials = { kind: 'none' };

function said(answer: Proof | Refusal): string {
  return answer.ok ? answer.identity.kind : `${answer.reason} ${answer.code}`;
}

/** A player that answers a challenge (RFC 7616 §3.4.1 without qop, which is enough here). */
function digest(user: string, password: string, algorithm: 'MD5' | 'SHA-256'): Credentials {
  const hash = (text: string): string =>
    createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const answer = (ha1: string): string => hash(`${ha1}:nonce:${hash('DESCRIBE:rtsp://host/gate')}`);
  const shown = answer(hash(`${user}:Vedette:${password}`));
  return { kind: 'digest', user, algorithm, verify: (ha1) => answer(ha1) === shown };
}

describe('identifier', () => {
  let desk: LoginDesk;
  let mai: UserRecord;
  let provers: Prover[];
  let identifier: Identifier;
  before(async () => {
    desk = await LoginDesk.open();
    mai = await desk.addUser('mai');
    const { users, check, guard, sessions, tokens, apiKeys } = desk;
    provers = [
      new CookieProver(sessions),
      new AccessTokenProver(tokens),
      new ApiKeyProver(apiKeys),
      new DigestProver({ users, guard }),
      new PasswordProver({ users, check, hasOutside: true }),
    ];
    identifier = make();
  });
  after(() => desk.close());

  const make = (outside: Prover[] = [], loginCount = RATE.count): Identifier =>
    new Identifier({
      provers,
      outside,
      users: desk.users,
      limits: new MemoryLimits({
        login: { count: loginCount, seconds: 60 },
        tokens: RATE,
        api: RATE,
        sessions: RATE,
      }),
      logger: silentLogger,
      now: desk.now,
    });
  const identify = async (credentials: Credentials, context?: ProofContext): Promise<string> =>
    said(await identifier.identify(credentials, PEER, context));
  const basic = (user: string, password: string): Credentials => ({ kind: 'password', user, password });

  test('every way of proving it leads to the same user', async () => {
    const cookie = await desk.sessions.begin(mai, PEER, 1000);
    const { accessToken } = await desk.tokens.issue(mai);
    for (const credentials of [
      basic('mai', PASSWORD),
      basic('MAI', PASSWORD),
      digest('mai', PASSWORD, 'MD5'),
      digest('mai', PASSWORD, 'SHA-256'),
      { kind: 'cookie', value: cookie },
      { kind: 'token', token: accessToken },
      basic('whoever', accessToken),
    ] satisfies Credentials[]) {
      assert.deepEqual(await identifier.identify(credentials, PEER), {
        ok: true,
        identity: { kind: 'user', id: mai.id, name: 'mai' },
      });
    }
  });

  test('an API key, as a token or in the place of a password', async () => {
    const { key } = await desk.apiKeys.make('x', {
      name: 'k',
      scope: { actions: [], grants: [] },
      expiresAtMs: undefined,
    });
    assert.equal(await identify({ kind: 'token', token: key }), 'apiKey');
    assert.equal(await identify(basic('', key)), 'apiKey');
  });

  test('what proves nothing', async () => {
    const { accessToken } = await desk.tokens.issue(mai);
    for (const [credentials, expected] of [
      [NONE, 'unauthenticated ERR_UNAUTHENTICATED'],
      [basic('mai', 'wrong'), 'unauthenticated ERR_LOGIN_FAILED'],
      [digest('mai', 'wrong', 'MD5'), 'unauthenticated ERR_LOGIN_FAILED'],
      [digest('nobody', PASSWORD, 'SHA-256'), 'unauthenticated ERR_LOGIN_FAILED'],
      [{ kind: 'cookie', value: 'x' }, 'unauthenticated ERR_UNAUTHENTICATED'],
      [{ kind: 'token', token: `${accessToken}x` }, 'unauthenticated ERR_UNAUTHENTICATED'],
      [{ kind: 'token', token: 'vdk_unknown' }, 'unauthenticated ERR_UNAUTHENTICATED'],
      [{ kind: 'token', token: '' }, 'unauthenticated ERR_UNAUTHENTICATED'],
    ] satisfies [Credentials, string][]) {
      assert.equal(await identify(credentials), expected, JSON.stringify(credentials));
    }
  });

  test('a second factor: the password alone proves nothing where there is no place for a code', async () => {
    const { id } = await desk.addUser('two');
    const user = await desk.users.update(id, { totp: { ...newTotp(), isEnabled: true } });
    assert.equal(await identify(basic('two', PASSWORD)), 'unauthenticated ERR_TOTP_REQUIRED');
    assert.equal(await identify(digest('two', PASSWORD, 'MD5')), 'unauthenticated ERR_TOTP_REQUIRED');
    const { accessToken } = await desk.tokens.issue(user ?? assert.fail('is there'));
    assert.equal(await identify({ kind: 'token', token: accessToken }, VIEW), 'user');
  });

  test('who has to change his password gets no media; routes see to it themselves', async () => {
    const user = await desk.addUser('new');
    await desk.users.update(user.id, { mustChangePassword: true });
    assert.equal(await identify(basic('new', PASSWORD)), 'user');
    assert.equal(await identify(basic('new', PASSWORD), VIEW), 'forbidden ERR_PASSWORD_CHANGE_REQUIRED');
    const md5 = digest('new', PASSWORD, 'MD5');
    assert.equal(await identify(md5, VIEW), 'forbidden ERR_PASSWORD_CHANGE_REQUIRED');
  });

  test('those outside are asked for whom nobody here knows, also where nothing is shown', async () => {
    const asked: Credentials[] = [];
    const outside: Prover = {
      prove: (credentials) => {
        asked.push(credentials);
        return credentials.kind === 'password' && credentials.password === 'outside'
          ? { ok: true, identity: { kind: 'outside', id: 'o', name: 'o', permissions: [], expiresAtMs: 1 } }
          : undefined;
      },
    };
    identifier = make([outside]);
    assert.equal(await identify(basic('stranger', 'outside')), 'outside');
    assert.equal(await identify(basic('stranger', 'inside')), 'unauthenticated ERR_UNAUTHENTICATED');
    assert.equal(await identify(basic('mai', 'outside')), 'unauthenticated ERR_LOGIN_FAILED');
    assert.equal(await identify(NONE), 'unauthenticated ERR_UNAUTHENTICATED');
    assert.equal(await identify({ kind: 'cookie', value: 'x' }), 'unauthenticated ERR_UNAUTHENTICATED');
    assert.deepEqual(
      asked.map(({ kind }) => kind),
      ['password', 'password', 'none', 'none'],
    );
    for (let guess = 0; guess < 150; guess += 1) await identify(basic('stranger', `guess ${guess}`));
    assert.equal(await identify(basic('stranger', 'outside')), 'limited ERR_RATE_LIMITED');
    assert.equal(asked.length, 4 + 99, 'they are not asked any more');
    assert.equal(await identify(basic('mai', PASSWORD)), 'user');
    identifier = make();
  });

  test('who shows wrong tokens again and again is told to wait, and right ones are good all the same', async () => {
    identifier = make([], 3);
    const { accessToken } = await desk.tokens.issue(mai);
    const answers = [];
    for (let guess = 0; guess < 4; guess += 1)
      answers.push(await identify({ kind: 'token', token: `vdk_${guess}` }));
    assert.deepEqual(answers.slice(2), ['unauthenticated ERR_UNAUTHENTICATED', 'limited ERR_RATE_LIMITED']);
    assert.equal(await identify({ kind: 'token', token: accessToken }), 'user');
    identifier = make();
  });

  test('a prover that fails lets nobody in', async () => {
    identifier = make([{ prove: () => Promise.reject(new Error('broken')) }]);
    assert.equal(await identify({ kind: 'token', token: 'x' }), 'unavailable ERR_UNAVAILABLE');
    identifier = make();
  });
});
