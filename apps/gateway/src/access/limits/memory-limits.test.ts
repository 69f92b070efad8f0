import fc from 'fast-check';
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { limitKey } from './limit-key.ts';
import { MemoryLimits } from './memory-limits.ts';

const RATES = {
  login: { count: 3, seconds: 60 },
  tokens: { count: 1, seconds: 60 },
  api: { count: 100, seconds: 60 },
  sessions: { count: 2, seconds: 60 },
};

for (const { key, want } of [
  { key: 'user:1f0c', want: 'user:1f0c' },
  { key: '192.0.2.7', want: '192.0.2.7' },
  { key: '::ffff:192.0.2.7', want: '192.0.2.7' },
  { key: '2001:db8:1:2:3:4:5:6', want: '2001:db8:1:2::/64' },
  { key: '2001:0DB8:0001:0002::6', want: '2001:db8:1:2::/64' },
  { key: '2001:db8::6', want: '2001:db8:0:0::/64' },
  { key: '::1', want: '0:0:0:0::/64' },
  { key: 'fe80::1%eth0', want: 'fe80:0:0:0::/64' },
  { key: '64:ff9b::192.0.2.7', want: '64:ff9b:0:0::/64' },
]) {
  test(`limitKey: ${key} → ${want}`, () => assert.equal(limitKey(key), want));
}

test('limitKey: all addresses of a /64 count as one, whatever else is the same or not', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (isIP(address) !== 6) return;
      const key = limitKey(address);
      assert.ok(isIP(key) === 4 || key.endsWith('::/64'), key);
    }),
  );
});

test('every key and every kind counts for itself', async () => {
  const limits = new MemoryLimits(RATES);
  for (let count = 0; count < 3; count += 1) assert.equal(await limits.take('login', 'a'), 0);
  const wait = await limits.take('login', 'a');
  assert.ok(wait > 0 && wait <= 60_000, `waits ${wait} ms`);
  assert.equal(await limits.take('login', 'b'), 0);
  assert.equal(await limits.take('sessions', 'a'), 0);
});

test('many keys at once: none is counted too little', async () => {
  const limits = new MemoryLimits(RATES);
  const taken = await Promise.all(Array.from({ length: 50 }, () => limits.take('api', 'same')));
  assert.ok(taken.every((wait) => wait === 0));
  const more = await Promise.all(Array.from({ length: 100 }, () => limits.take('api', 'same')));
  assert.equal(more.filter((wait) => wait === 0).length, 50);
});

test('an attacker with many addresses takes no memory without end', async () => {
  const limits = new MemoryLimits(RATES, 100);
  for (let index = 0; index < 5000; index += 1) await limits.take('login', `key-${index}`);
  assert.equal(limits.size, 100);
  for (let count = 0; count < 2; count += 1) assert.equal(await limits.take('login', 'key-4999'), 0);
  assert.ok((await limits.take('login', 'key-4999')) > 0, 'the newest is remembered');
  assert.equal(await limits.take('login', 'key-0'), 0, 'the oldest is forgotten');
});
