import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIceServers } from './ice-servers.ts';

for (const { name, link, want } of [
  { name: 'none', link: null, want: [] },
  {
    name: 'STUN and TURN',
    link:
      '<stun:stun.example.org>; rel="ice-server", ' +
      '<turn:turn.example.org?transport=udp>; rel="ice-server"; username="us,er"; credential="se;cret"; credential-type="password"',
    want: [
      { urls: 'stun:stun.example.org' },
      { urls: 'turn:turn.example.org?transport=udp', username: 'us,er', credential: 'se;cret' },
    ],
  },
  {
    name: 'other relations and schemes',
    link: '<https://x/>; rel="ice-server", <turn:y>; rel="next"',
    want: [],
  },
]) {
  test(`parseIceServers: ${name}`, () => assert.deepEqual(parseIceServers(link), want));
}
