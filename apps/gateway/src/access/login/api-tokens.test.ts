import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { IssuedTokens } from './api-tokens.ts';
import { LoginDesk } from './testing/login-desk.ts';
import type { UserRecord } from './user-records.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('tokens of the API', () => {
  let desk: LoginDesk;
  let mai: UserRecord;
  before(async () => {
    desk = await LoginDesk.open();
    mai = await desk.addUser('mai');
  });
  after(() => desk.close());

  async function refreshed(token: string): Promise<IssuedTokens> {
    const answer = await desk.tokens.refresh(token);
    assert.ok(answer.ok);
    return answer;
  }
  async function refusal(token: string): Promise<string> {
    const answer = await desk.tokens.refresh(token);
    return answer.ok ? 'ok' : answer.code;
  }
  const isValid = (token: string): boolean => desk.tokens.find(token) !== undefined;

  test('an access token is a JWT of its own type, for a quarter of an hour', async () => {
    const { accessToken, expiresInSeconds } = await desk.tokens.issue(mai);
    assert.deepEqual(decodeProtectedHeader(accessToken), { alg: 'HS256', typ: 'at+jwt' });
    assert.equal(expiresInSeconds, 900);
    const { iss, sub, exp = 0, iat = 0 } = decodeJwt(accessToken);
    assert.deepEqual([iss, sub, exp - iat], ['vedette', mai.id, 900]);
    assert.equal(desk.tokens.find(accessToken)?.user.id, mai.id);
    desk.passMs(15 * MINUTE_MS);
    assert.equal(isValid(accessToken), false);
  });

  test('one that was signed by somebody else, for something else, or not at all, is none', async () => {
    const { accessToken } = await desk.tokens.issue(mai);
    const claims = decodeJwt(accessToken);
    const sign = (typ: string, key: Uint8Array, more = {}): Promise<string> =>
      new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'HS256', typ }).sign(key);
    const key = desk.secrets.key('login.accessToken');
    assert.equal(isValid(await sign('at+jwt', key)), true, 'the test signs as the program does');
    assert.equal(isValid(await sign('at+jwt', desk.secrets.key('other'))), false);
    assert.equal(isValid(await sign('stream+jwt', key)), false);
    assert.equal(isValid(await sign('at+jwt', key, { iss: 'somebody' })), false);
    assert.equal(isValid(await sign('at+jwt', key, { sub: 'nobody' })), false);
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${accessToken.split('.')[1] ?? ''}.`;
    for (const token of [none, `${accessToken}x`, accessToken.slice(0, -2), 'a.b.c', '']) {
      assert.equal(isValid(token), false, token);
    }
  });

  test('a refresh token changes itself for another, once, and is kept as a hash', async () => {
    const first = await desk.tokens.issue(mai);
    const second = await refreshed(first.refreshToken);
    assert.notEqual(second.refreshToken, first.refreshToken);
    assert.ok(isValid(second.accessToken));
    const rows = JSON.stringify(await desk.store.db.selectFrom('refreshTokens').selectAll().execute());
    assert.ok(!rows.includes(first.refreshToken) && !rows.includes(second.refreshToken));
    await refreshed(second.refreshToken);
  });

  test('one that is shown again ends the whole login: of the thief and of the robbed', async () => {
    const first = await desk.tokens.issue(mai);
    const other = await desk.tokens.issue(mai);
    const second = await refreshed(first.refreshToken);
    const third = await refreshed(second.refreshToken);
    assert.equal(await refusal(first.refreshToken), 'ERR_REFRESH_TOKEN_REUSED');
    assert.equal(await refusal(third.refreshToken), 'ERR_REFRESH_TOKEN');
    for (const { accessToken } of [first, second, third]) assert.equal(isValid(accessToken), false);
    assert.ok(isValid(other.accessToken), 'another login of his goes on');
    const again = await desk.restarted();
    assert.equal(again.tokens.find(third.accessToken), undefined, 'also after a restart');
    assert.ok(again.tokens.find(other.accessToken));
  });

  test('of two at once one wins, and the login ends', async () => {
    const first = await desk.tokens.issue(mai);
    const answers = await Promise.all([1, 2, 3].map(() => desk.tokens.refresh(first.refreshToken)));
    const won = answers.filter(({ ok }) => ok);
    assert.ok(won.length <= 1);
    for (const answer of won) assert.ok(answer.ok && (await refusal(answer.refreshToken)) !== 'ok');
  });

  test('unknown ones, expired ones, and those of users who are gone are refused', async () => {
    const off = await desk.addUser('off');
    const late = await desk.tokens.issue(mai);
    const disabled = await desk.tokens.issue(off);
    await desk.users.amend(off.id, () => ({ isDisabled: true }));
    assert.equal(isValid(disabled.accessToken), false);
    assert.equal(await refusal(disabled.refreshToken), 'ERR_REFRESH_TOKEN');
    assert.equal(await refusal('vdr_unknown'), 'ERR_REFRESH_TOKEN');
    desk.passMs(30 * DAY_MS);
    assert.equal(await refusal(late.refreshToken), 'ERR_REFRESH_TOKEN');
  });

  test('logout ends one login, by either token; logout everywhere ends all', async () => {
    const [one, two, three] = [
      await desk.tokens.issue(mai),
      await desk.tokens.issue(mai),
      await desk.tokens.issue(mai),
    ];
    assert.equal(await desk.logout.one({ refreshToken: one.refreshToken }), mai.id);
    assert.equal(await desk.logout.one({ accessToken: two.accessToken }), mai.id);
    assert.equal(await desk.logout.one({ refreshToken: 'vdr_unknown' }), undefined);
    assert.deepEqual(
      [one, two, three].map(({ accessToken }) => isValid(accessToken)),
      [false, false, true],
    );
    assert.equal(await refusal(two.refreshToken), 'ERR_REFRESH_TOKEN');
    const user = (await desk.logout.everywhere(mai)) ?? assert.fail('is there');
    assert.equal(isValid(three.accessToken), false);
    assert.equal(await refusal(three.refreshToken), 'ERR_REFRESH_TOKEN');
    const next = await desk.tokens.issue(user);
    assert.ok(isValid(next.accessToken), 'in the same millisecond');
    await refreshed(next.refreshToken);
  });
});
