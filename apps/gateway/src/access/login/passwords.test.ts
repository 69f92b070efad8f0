import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD_COST, Passwords } from './passwords.ts';
import { digestHa1s } from './set-password.ts';
import { CHEAP } from './testing/login-desk.ts';

const cheap = (now?: () => number): Passwords =>
  new Passwords({ cost: CHEAP, ...(now === undefined ? {} : { now }) });

test('hashes are Argon2id with 19 MiB, two passes, one lane', async () => {
  const passwords = new Passwords();
  const hash = await passwords.hash('correct horse');
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await passwords.verify('mai', hash, 'correct horse', 'known'), 'right');
  assert.equal(await passwords.verify('mai', hash, 'correct horse ', 'known'), 'wrong');
  assert.equal(passwords.needsRehash(hash), false);
});

for (const [what, cost, expected] of [
  ['the same costs', CHEAP, false],
  ['more memory', { ...CHEAP, memoryCost: 128 }, true],
  ['more passes', { ...CHEAP, timeCost: 2 }, true],
  ['the usual costs', PASSWORD_COST, true],
] as const) {
  test(`a hash is renewed: ${what}`, async () => {
    const hash = await cheap().hash('correct horse');
    assert.equal(new Passwords({ cost }).needsRehash(hash), expected);
  });
}

test('what is no hash fits nothing, and is renewed', async () => {
  const passwords = cheap();
  assert.equal(await passwords.verify('mai', 'rubbish', 'x', 'known'), 'wrong');
  assert.equal(passwords.needsRehash('rubbish'), true);
});

test('without a hash nothing is right', async () => {
  assert.equal(await cheap().verify('mai', undefined, '', 'known'), 'wrong');
});

test('a password is remembered for a minute, and not with another hash', async () => {
  let nowMs = 1_000_000;
  const passwords = cheap(() => nowMs);
  const hash = await passwords.hash('correct horse');
  const other = await passwords.hash('correct horse');
  assert.equal(passwords.remembers('mai', hash, 'correct horse'), false);
  await passwords.verify('mai', hash, 'correct horse', 'known');
  assert.equal(passwords.remembers('mai', hash, 'correct horse'), true);
  assert.equal(passwords.remembers('mai', other, 'correct horse'), false, 'the password was set anew');
  assert.equal(passwords.remembers('bo', hash, 'correct horse'), false);
  assert.equal(passwords.remembers('mai', hash, 'correct horsf'), false);
  nowMs += 60_000;
  assert.equal(passwords.remembers('mai', hash, 'correct horse'), false);
});

test('a thousand at once: two run, fifty wait in a lane, the others are turned away', async () => {
  const passwords = cheap();
  const hash = await passwords.hash('correct horse');
  const all = Array.from({ length: 1000 }, () => passwords.verify('mai', hash, 'wrong', 'known'));
  assert.deepEqual(passwords.load, { running: 2, waiting: 50 });
  const verdicts = await Promise.all(all);
  assert.equal(verdicts.filter((verdict) => verdict === 'busy').length, 948);
  assert.equal(verdicts.filter((verdict) => verdict === 'wrong').length, 52);
});

test('what is longer than any password is wrong without being hashed', async () => {
  const passwords = cheap();
  const hash = await passwords.hash('correct horse');
  const verdict = passwords.verify('mai', hash, 'x'.repeat(2000), 'known');
  assert.equal(passwords.load.running, 0);
  assert.equal(await verdict, 'wrong');
});

test('HA1 of RFC 7616, of the name in lower case', () => {
  // printf 'mai:Vedette:correct horse' | md5sum; … | sha256sum
  assert.deepEqual(digestHa1s('Mai', 'correct horse'), {
    MD5: '769e5154e342ceb9b4a971caeb38f08c',
    'SHA-256': 'e8a47239f022835f77527cadb0ef04b1a3204ee14489dbecc842ad6c46a114f5',
  });
});
