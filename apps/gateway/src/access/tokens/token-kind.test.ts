import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenInPassword } from './token-kind.ts';

for (const { name, password, isToken } of [
  { name: 'an API key', password: 'vdk_abc', isToken: true },
  { name: 'a publish key', password: 'vdp_abc', isToken: true },
  { name: 'the secret of a share link', password: 'vds_abc', isToken: true },
  { name: 'a JWT', password: 'eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln', isToken: true },
  { name: 'a password', password: 'correct horse battery staple', isToken: false },
  { name: 'a password with dots', password: 'eyJ.a.password!', isToken: false },
  { name: 'nothing', password: '', isToken: false },
  { name: 'something endless', password: `vdp_${'a'.repeat(5000)}`, isToken: false },
]) {
  test(`${name} in the place of a password ${isToken ? 'is a token' : 'stays a password'}`, () => {
    const found = tokenInPassword({ kind: 'password', user: 'any', password });
    assert.deepEqual(found, isToken ? { kind: 'token', token: password } : undefined);
  });
}

test('other credentials hold none', () => {
  assert.equal(tokenInPassword({ kind: 'none' }), undefined);
  assert.equal(tokenInPassword({ kind: 'cookie', value: 'vdk_abc' }), undefined);
});
