import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Identity } from '../identity.ts';
import { PathSigner } from './path-signature.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2030, 0, 1, 10, 20);
const id = '6f1c3b52-3d0e-4a77-9a35-0f6f7f1d0001';
const token: Identity = { kind: 'streamToken', id, userId: 'u', name: 'mai' };
const signer = new PathSigner(new Uint8Array(32).fill(1));

function signed(identity: Identity = token, cameraId = 'gate', nowMs = NOW): string {
  const segment = signer.sign(identity, cameraId, nowMs);
  assert.ok(segment !== undefined);
  return segment;
}

test('a signed segment names who it was given to, is the same for an hour, and ends', () => {
  const segment = signed();
  assert.match(segment, /^~[\w-]{50}$/);
  const expiresAtMs = Date.UTC(2030, 0, 1, 23);
  assert.deepEqual(signer.verify(segment, 'gate', NOW), { kind: 'streamToken', id, expiresAtMs });
  assert.equal(signed(token, 'gate', NOW + HOUR_MS / 2), segment);
  assert.notEqual(signed(token, 'gate', NOW + HOUR_MS), segment);
  assert.notEqual(signer.verify(segment, 'gate', expiresAtMs - 1), undefined);
  assert.equal(signer.verify(segment, 'gate', expiresAtMs), undefined);
});

test('it is good for its camera, its kind and its key alone', () => {
  const segment = signed();
  assert.equal(signer.verify(segment, 'yard', NOW), undefined);
  assert.equal(new PathSigner(new Uint8Array(32)).verify(segment, 'gate', NOW), undefined);
  assert.notEqual(signed({ kind: 'user', id, name: 'mai' }), segment);
});

test('who cannot be found by an id gets none', () => {
  for (const identity of [
    { kind: 'nobody' } as const,
    { kind: 'everybody' } as const,
    { kind: 'publishKey', id, name: 'x' } as const,
    { kind: 'outside', id: 'iss mai', name: 'mai', permissions: [], expiresAtMs: NOW } as const,
    { kind: 'user', id: '../../etc', name: 'x' } as const,
  ]) {
    assert.equal(signer.sign(identity, 'gate', NOW), undefined, identity.kind);
  }
});

test('no other segment is taken, however little it differs', () => {
  const segment = signed();
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (let at = 1; at < segment.length; at += 1) {
    for (const character of alphabet) {
      const other = segment.slice(0, at) + character + segment.slice(at + 1);
      if (other !== segment) assert.equal(signer.verify(other, 'gate', NOW), undefined, other);
    }
  }
  fc.assert(fc.property(fc.string(), (text) => signer.verify(text, 'gate', NOW) === undefined));
});
