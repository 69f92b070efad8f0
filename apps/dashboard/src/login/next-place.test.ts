import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginAddress, placeAfterLogin } from './next-place.ts';

for (const [search, expected] of [
  ['', '/'],
  ['?next=/live/gate', '/live/gate'],
  ['?next=%2F%3Flayout%3D4', '/?layout=4'],
  ['?next=//evil.example', '/'],
  ['?next=/%5Cevil.example', '/'],
  ['?next=/%09/evil.example', '/'],
  ['?next=https://evil.example', '/'],
  ['?next=javascript:alert(1)', '/'],
  ['?next=/login?next=/login', '/'],
] as const) {
  test(`after logging in with "${search}": ${expected}`, () =>
    assert.equal(placeAfterLogin(search), expected));
}

test('the login page comes back to where the person was', () => {
  assert.equal(loginAddress({ pathname: '/', search: '' }), '/login');
  const address = loginAddress({ pathname: '/live/gate', search: '?embed=1' });
  assert.equal(placeAfterLogin(address.slice('/login'.length)), '/live/gate?embed=1');
});
