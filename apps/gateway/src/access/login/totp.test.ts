import { Secret } from 'otpauth';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newTotp, takeTotp, totpStep, totpUrl } from './totp.ts';

/** RFC 6238 appendix B, SHA-1: the last six of its eight digits. */
const SECRET = Secret.fromLatin1('12345678901234567890').base32;

for (const { second, code } of [
  { second: 59, code: '287082' },
  { second: 1111111109, code: '081804' },
  { second: 1111111111, code: '050471' },
  { second: 1234567890, code: '005924' },
  { second: 2000000000, code: '279037' },
  { second: 20000000000, code: '353130' },
]) {
  test(`RFC 6238: the code at ${second} s`, () => {
    const step = Math.floor(second / 30);
    assert.equal(totpStep(SECRET, code, second * 1000), step);
    assert.equal(totpStep(SECRET, ` ${code.slice(0, 3)} ${code.slice(3)} `, second * 1000), step);
    assert.equal(totpStep(SECRET, code, (second + 30) * 1000), step, 'one step later');
    assert.equal(totpStep(SECRET, code, (second - 30) * 1000), step, 'one step earlier');
    assert.equal(totpStep(SECRET, code, (second + 90) * 1000), undefined);
    assert.equal(totpStep(SECRET, code, Math.max(0, second - 90) * 1000), second < 90 ? step : undefined);
  });
}

for (const code of ['', '28708', '2870822', 'abcdef', '28708２']) {
  test(`no code: "${code}"`, () => {
    assert.equal(totpStep(SECRET, code, 59_000), undefined);
  });
}

test('no code is taken twice, nor one of an earlier step', async () => {
  let lastStep = 0;
  const users = {
    takeTotpStep: (_: string, step: number): Promise<boolean> => {
      const isLater = step > lastStep;
      lastStep = Math.max(step, lastStep);
      return Promise.resolve(isLater);
    },
  };
  const user = { id: 'u', totp: { secret: SECRET, isEnabled: true, lastStep: 0 } };
  assert.equal(await takeTotp(users, user, '287082', 59_000), true);
  // The record that was read before: the store decides.
  assert.equal(await takeTotp(users, user, '287082', 59_000), false);
  const read = { ...user, totp: { ...user.totp, lastStep: 37037037 } };
  assert.equal(await takeTotp(users, read, '081804', 1111111109_000), false);
});

test('a new secret has 160 bits, and an address that apps scan', () => {
  const totp = newTotp();
  assert.equal(Secret.fromBase32(totp.secret).bytes.length, 20);
  assert.equal(totp.isEnabled, false);
  assert.notEqual(newTotp().secret, totp.secret);
  const url = new URL(totpUrl(totp, 'mai'));
  assert.equal(url.protocol, 'otpauth:');
  assert.equal(url.searchParams.get('secret'), totp.secret);
  assert.equal(url.searchParams.get('issuer'), 'Vedette');
});
