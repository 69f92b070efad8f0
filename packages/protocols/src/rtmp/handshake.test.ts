import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import { findDigest, HANDSHAKE_BYTES, MEDIA_SERVER, PLAYER } from './handshake-digest.ts';
import { RtmpClientHandshake, RtmpServerHandshake } from './handshake.ts';

for (const { name, first, words } of [
  { name: 'HTTP', first: 'GET / HTTP/1.1\r\n', words: /HTTP/ },
  { name: 'RTMPE', first: '\x06', words: /RTMPE/ },
  { name: 'TLS', first: '\x16\x03\x01', words: /TLS/ },
]) {
  test(`who speaks ${name} is told by its name`, () => {
    assert.throws(
      () => new RtmpServerHandshake(randomBytes).push(Buffer.from(first, 'latin1')),
      (error) =>
        error instanceof ProtocolError && error.code === 'ERR_RTMP_VERSION' && words.test(error.message),
    );
  });
}

test('the handshake by digest: each end finds and signs the digest of the other', () => {
  const client = new RtmpClientHandshake(randomBytes);
  const server = new RtmpServerHandshake(randomBytes);
  const hello = client.start();
  assert.notEqual(findDigest(hello.subarray(1), PLAYER), undefined);
  const { reply = assert.fail() } = server.push(hello);
  assert.notEqual(findDigest(reply.subarray(1, 1 + HANDSHAKE_BYTES), MEDIA_SERVER), undefined);
  assert.notDeepEqual(reply.subarray(1 + HANDSHAKE_BYTES), hello.subarray(1), 'no plain echo');
  const last = client.push(reply);
  assert.equal(last.rest?.length, 0);
  const done = server.push(Buffer.concat([last.reply ?? assert.fail(), Uint8Array.of(1, 2)]));
  assert.deepEqual([...(done.rest ?? [])], [1, 2]);
});

test('the plain handshake echoes, either way', () => {
  const c1 = randomBytes(HANDSHAKE_BYTES);
  const server = new RtmpServerHandshake(randomBytes);
  const { reply = assert.fail() } = server.push(Uint8Array.of(3, ...c1));
  assert.deepEqual(Buffer.from(reply.subarray(1 + HANDSHAKE_BYTES)), c1);
  const client = new RtmpClientHandshake(randomBytes);
  client.start();
  const s1 = randomBytes(HANDSHAKE_BYTES);
  assert.deepEqual(Buffer.from(client.push(Uint8Array.of(3, ...s1)).reply ?? []), s1);
});
