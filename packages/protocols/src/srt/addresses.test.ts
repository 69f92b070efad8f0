import { ProtocolError } from '@vedette/media';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSrtUrl } from './srt-url.ts';
import { parseStreamId } from './stream-id.ts';

const NOBODY = { user: undefined, password: undefined, quality: undefined };

for (const [streamId, want] of [
  ['gate', { ...NOBODY, action: 'read', resource: 'gate' }],
  ['read:gate', { ...NOBODY, action: 'read', resource: 'gate' }],
  ['request:gate', { ...NOBODY, action: 'read', resource: 'gate' }],
  ['publish:gate', { ...NOBODY, action: 'publish', resource: 'gate' }],
  ['publish:/live/gate', { ...NOBODY, action: 'publish', resource: 'gate' }],
  ['live', { ...NOBODY, action: 'read', resource: 'live' }],
  ['read:gate:ann', { ...NOBODY, action: 'read', resource: 'gate', user: 'ann' }],
  ['publish:gate:ann:p:w', { ...NOBODY, action: 'publish', resource: 'gate', user: 'ann', password: 'p:w' }],
  [
    'publish%3Agate%3Aann%3Ap%25w',
    { ...NOBODY, action: 'publish', resource: 'gate', user: 'ann', password: 'p%w' },
  ],
  ['read:gate:ann:100%', { ...NOBODY, action: 'read', resource: 'gate', user: 'ann', password: '100%' }],
  ['#!::r=gate', { ...NOBODY, action: 'read', resource: 'gate' }],
  [
    '#!::m=publish,r=live/gate,u=ann,s=p=w',
    { ...NOBODY, action: 'publish', resource: 'gate', user: 'ann', password: 'p=w' },
  ],
  ['#!::r=gate,m=request,quality=low', { ...NOBODY, action: 'read', resource: 'gate', quality: 'low' }],
  ['%23%21%3A%3Ar%3Dgate%2Cm%3Dpublish', { ...NOBODY, action: 'publish', resource: 'gate' }],
] as const) {
  test(`parseStreamId: ${streamId}`, () => {
    assert.deepEqual(parseStreamId(streamId), want);
  });
}

for (const streamId of [
  '',
  'read:',
  'write:gate',
  '#!::m=publish',
  '#!::r=gate,m=bidirectional',
  '#!:{r=gate}',
  'x'.repeat(513),
]) {
  test(`parseStreamId: refuses ${streamId.slice(0, 30)}`, () => {
    assert.throws(() => parseStreamId(streamId), { code: 'ERR_SRT_STREAM_ID' });
  });
}

test('parseStreamId: any text is understood or refused, and never repeated in the refusal', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 12 }), (text) => {
      try {
        parseStreamId(text);
      } catch (error) {
        assert.ok(error instanceof ProtocolError && !error.message.includes(text));
      }
    }),
  );
});

const PLAIN = { streamId: undefined, passphrase: undefined, keyLength: undefined, latencyMs: undefined };

for (const [address, want] of [
  ['srt://10.0.0.5:8890', { ...PLAIN, host: '10.0.0.5', port: 8890 }],
  [
    'srt://[2001:db8::1]:9000?streamid=read:cam',
    { ...PLAIN, host: '2001:db8::1', port: 9000, streamId: 'read:cam' },
  ],
  [
    'srt://host:1?streamid=#!::r=cam,m=request&passphrase=0123+456789&latency=200&pbkeylen=32&mode=caller',
    {
      host: 'host',
      port: 1,
      streamId: '#!::r=cam,m=request',
      passphrase: '0123+456789',
      keyLength: 32,
      latencyMs: 200,
    },
  ],
  ['srt://host:1?streamid=%23!::r=cam%26b', { ...PLAIN, host: 'host', port: 1, streamId: '#!::r=cam&b' }],
  ['srt://host:1?latency=250000', { ...PLAIN, host: 'host', port: 1, latencyMs: 250 }],
  ['SRT://host:1?pbkeylen=0&passphrase=', { ...PLAIN, host: 'host', port: 1 }],
] as const) {
  test(`parseSrtUrl: ${address}`, () => {
    assert.deepEqual(parseSrtUrl(address), want);
  });
}

for (const [address, says] of [
  ['http://host:1', /does not begin with srt/],
  ['srt://host', /no port/],
  ['srt://:9000', /no (host|address)/],
  ['srt://host:1?mode=listener', /mode=listener waits for a caller/],
  ['srt://host:1?mode=rendezvous', /only mode is "caller"/],
  ['srt://host:1?transtype=file', /only transtype/],
  ['srt://host:1?passphrase=short', /10 to 79/],
  ['srt://host:1?pbkeylen=20', /16, 24 or 32/],
  ['srt://host:1?latency=soon', /number of milliseconds/],
  ['srt://host:1?latency=60000', /at most/],
  ['srt://host:1?streamid=%zz', /percent/],
] as const) {
  test(`parseSrtUrl: refuses ${address}`, () => {
    assert.throws(
      () => parseSrtUrl(address),
      (error) => error instanceof ProtocolError && error.code === 'ERR_SRT_URL' && says.test(error.message),
    );
  });
}
