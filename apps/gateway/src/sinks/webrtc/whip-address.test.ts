import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWhipAddress, resolveWhipLocation } from './whip-address.ts';

for (const { address, url, token } of [
  { address: 'whip+https://host/live/gate/whip', url: 'https://host/live/gate/whip', token: undefined },
  { address: 'WHIP+HTTP://[fd00::1]:8080/x', url: 'http://[fd00::1]:8080/x', token: undefined },
  { address: 'whip+https://to%2Fken@host/x', url: 'https://host/x', token: 'to/ken' },
  { address: 'whip+https://user:pa%3Ass@host/x', url: 'https://host/x', token: 'user:pa:ss' },
  { address: 'whip+https://host/x?a=%20b&token=t%2Bk&c#f', url: 'https://host/x?a=+b&c=', token: 't+k' },
  { address: 'whip+https://host/x?a=%20b', url: 'https://host/x?a=%20b', token: undefined },
]) {
  test(`parseWhipAddress: ${address}`, () => {
    const found = parseWhipAddress(address);
    assert.deepEqual([found.url.href, found.token], [url, token]);
  });
}

for (const address of [
  'whip+https://',
  'whip+ftp://host/x',
  'whip+https://host/?token=',
  'whip+http://a%0d%0ab@h/',
]) {
  test(`parseWhipAddress: refuses ${address}`, () => {
    assert.throws(() => parseWhipAddress(address), { code: 'ERR_WHIP_URL', isPermanent: true });
  });
}

for (const { location, url, token } of [
  { location: '/session/1', url: 'https://host/session/1', token: 't' },
  { location: 'session', url: 'https://host/a/session', token: 't' },
  { location: 'https://host:444/x', url: 'https://host:444/x', token: undefined },
  { location: 'https://user:password@other/x', url: 'https://other/x', token: undefined },
]) {
  test(`resolveWhipLocation: ${location}`, () => {
    const found = resolveWhipLocation(parseWhipAddress('whip+https://t@host/a/b'), location);
    assert.deepEqual([found.url.href, found.token], [url, token]);
  });
}

for (const location of ['http://host/x', 'file:///etc/passwd', 'https://', `/${'x'.repeat(5000)}`]) {
  test(`resolveWhipLocation: refuses ${location.slice(0, 20)}`, () => {
    assert.throws(() => resolveWhipLocation(parseWhipAddress('whip+https://t@host/a/b'), location), {
      code: 'ERR_WHIP_LOCATION',
    });
  });
}
