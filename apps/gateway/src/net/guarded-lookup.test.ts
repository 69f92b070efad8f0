import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddressRefusedError,
  isAllowedAddress,
  isPublicAddress,
  networkGuard,
  publicGuard,
} from './guarded-lookup.ts';

for (const { address, want } of [
  { address: '10.0.0.5', want: true },
  { address: '192.168.1.64', want: true },
  { address: '127.0.0.1', want: true },
  { address: '::1', want: true },
  { address: 'fd12::5', want: true },
  { address: '2001:db8::1', want: true },
  { address: '169.254.169.254', want: false },
  { address: '169.254.0.1', want: false },
  { address: '::ffff:169.254.169.254', want: false },
  { address: '::ffff:a9fe:a9fe', want: false },
  { address: 'fe80::1', want: false },
  { address: 'fe80::1%eth0', want: false },
  { address: 'febf::1', want: false },
  { address: 'fd00:ec2::254', want: false },
  { address: '100.100.100.200', want: false },
  { address: '0.0.0.0', want: false },
  { address: '::', want: false },
  { address: '224.0.0.1', want: false },
  { address: '255.255.255.255', want: false },
  { address: 'ff02::1', want: false },
  { address: 'camera.local', want: false },
  { address: '', want: false },
]) {
  test(`isAllowedAddress: ${address || 'nothing'} → ${want}`, () =>
    assert.equal(isAllowedAddress(address), want));
}

const resolve = async (name: string, all: boolean): Promise<unknown> => {
  const { promise, resolve: settle, reject } = Promise.withResolvers<unknown>();
  networkGuard.lookup(name, { all }, (error, address) => (error === null ? settle(address) : reject(error)));
  return promise;
};

test('networkGuard.lookup: passes allowed addresses on, one or all', async () => {
  assert.ok(['127.0.0.1', '::1'].includes(String(await resolve('localhost', false))));
  assert.ok(Array.isArray(await resolve('localhost', true)));
});

test('networkGuard.lookup: a name of nothing but refused addresses is refused', async () => {
  await assert.rejects(resolve('169.254.169.254', false), AddressRefusedError);
  await assert.rejects(resolve('169.254.169.254', true), { code: 'ERR_ADDRESS_REFUSED' });
});

test('networkGuard.lookup: a name that does not resolve keeps its error', async () => {
  await assert.rejects(resolve('camera.invalid', false), /ENOTFOUND|EAI_AGAIN/);
});

for (const { address, want } of [
  { address: '93.184.216.34', want: true },
  { address: '2606:2800:220:1::1', want: true },
  { address: '127.0.0.1', want: false },
  { address: '10.1.2.3', want: false },
  { address: '172.16.0.1', want: false },
  { address: '172.31.255.255', want: false },
  { address: '172.32.0.1', want: true },
  { address: '192.168.1.64', want: false },
  { address: '100.64.0.1', want: false },
  { address: '::1', want: false },
  { address: 'fd12::5', want: false },
  { address: '::ffff:10.0.0.1', want: false },
  { address: '64:ff9b::a00:1', want: false },
  { address: '169.254.169.254', want: false },
  { address: 'localhost', want: false },
]) {
  test(`isPublicAddress: ${address} → ${want}`, () => assert.equal(isPublicAddress(address), want));
}

test('publicGuard: a name of nothing but this machine is refused', async () => {
  const { promise, resolve: settle, reject } = Promise.withResolvers<unknown>();
  publicGuard.lookup('localhost', {}, (error, address) => (error === null ? settle(address) : reject(error)));
  await assert.rejects(promise, AddressRefusedError);
});
