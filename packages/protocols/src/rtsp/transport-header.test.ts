import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseTransports, serializeTransport, type RtspTransport } from './transport-header.ts';

const udp = { profile: 'RTP/AVP', lower: 'udp', delivery: 'unicast' } as const;
const tcp = { ...udp, lower: 'tcp' } as const;

for (const { name, value, want, back } of [
  {
    name: 'ffmpeg over UDP',
    value: 'RTP/AVP/UDP;unicast;client_port=28350-28351',
    want: [{ ...udp, clientPort: [28350, 28351] }],
    back: 'RTP/AVP;unicast;client_port=28350-28351',
  },
  {
    name: 'ffmpeg publishing',
    value: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record',
    want: [{ ...tcp, interleaved: [0, 1], mode: 'record' }],
    back: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record',
  },
  {
    name: 'an old encoder publishing',
    value: 'RTP/AVP/TCP;interleaved=0-1;mode=receive',
    want: [{ ...tcp, interleaved: [0, 1], mode: 'record' }],
    back: 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record',
  },
  {
    name: 'Hikvision answering',
    value: 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=4d3a59f0;mode="play"',
    want: [{ ...tcp, interleaved: [0, 1], ssrc: 0x4d3a59f0, mode: 'play' }],
    back: 'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=4D3A59F0;mode="PLAY"',
  },
  {
    name: 'Dahua answering over UDP, with source',
    value:
      'RTP/AVP;unicast;client_port=5000-5001;server_port=20000-20001;source=10.0.0.5;ssrc=0000007B;mode="PLAY"',
    want: [
      {
        ...udp,
        clientPort: [5000, 5001],
        serverPort: [20000, 20001],
        source: '10.0.0.5',
        ssrc: 123,
        mode: 'play',
      },
    ],
    back: 'RTP/AVP;unicast;source=10.0.0.5;client_port=5000-5001;server_port=20000-20001;ssrc=0000007B;mode="PLAY"',
  },
  {
    name: 'multicast (RFC 2326 §12.39)',
    value: 'RTP/AVP;multicast;destination=224.2.0.1;port=3456-3457;ttl=127',
    want: [{ ...udp, delivery: 'multicast', destination: '224.2.0.1', port: [3456, 3457], ttl: 127 }],
    back: 'RTP/AVP;multicast;destination=224.2.0.1;port=3456-3457;ttl=127',
  },
  {
    name: 'a single port',
    value: 'RTP/AVP;unicast;client_port=5000',
    want: [{ ...udp, clientPort: [5000, 5001] }],
    back: 'RTP/AVP;unicast;client_port=5000-5001',
  },
  {
    name: 'several alternatives (GStreamer), unknown ones left out',
    value: 'RAW/RAW/UDP;unicast, rtp/avp/udp;unicast;client_port=1-2,RTP/AVP/TCP;unicast;interleaved=0-1',
    want: [
      { ...udp, clientPort: [1, 2] },
      { ...tcp, interleaved: [0, 1] },
    ],
    back: 'RTP/AVP;unicast;client_port=1-2, RTP/AVP/TCP;unicast;interleaved=0-1',
  },
  {
    name: 'SSRCs and modes that make no sense are hints not taken',
    value: 'RTP/AVP/TCP;unicast;ssrc=;mode="PLAY,RECORD";ssrc=123456789ABC;interleaved=2-3;x-dynamic-rate=1',
    want: [{ ...tcp, interleaved: [2, 3] }],
    back: 'RTP/AVP/TCP;unicast;interleaved=2-3',
  },
  { name: 'nothing that is known', value: 'RAW/RAW/UDP;unicast', want: [], back: '' },
] as { name: string; value: string; want: RtspTransport[]; back: string }[]) {
  test(`Transport: ${name}`, () => {
    assert.deepEqual(parseTransports(value), want);
    assert.equal(want.map(serializeTransport).join(', '), back);
    assert.deepEqual(parseTransports(back), want);
  });
}

for (const value of [
  'RTP/AVP;client_port=70000-70001',
  'RTP/AVP;client_port=-1',
  'RTP/AVP;client_port=',
  'RTP/AVP;client_port=1--2',
  'RTP/AVP/TCP;interleaved=256-257',
  'RTP/AVP/TCP;interleaved=a-b',
  'RTP/AVP;multicast;ttl=256',
]) {
  test(`Transport: ${value} is refused`, () => {
    assert.throws(() => parseTransports(value), { name: 'ProtocolError', code: 'ERR_RTSP_TRANSPORT' });
  });
}

test('Transport: an open quote and too many alternatives are refused', () => {
  assert.throws(() => parseTransports('RTP/AVP;mode="PLAY'), { code: 'ERR_RTSP_PARAMETERS' });
  assert.throws(() => parseTransports('RTP/AVP,'.repeat(65)), { code: 'ERR_RTSP_PARAMETERS' });
});

const pair = (max: number) => fc.tuple(fc.nat(max), fc.nat(max));
const transport = fc.record(
  {
    profile: fc.constantFrom('RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'RTP/SAVPF'),
    lower: fc.constantFrom('tcp', 'udp'),
    delivery: fc.constantFrom('unicast', 'multicast'),
    interleaved: pair(255),
    clientPort: pair(65_535),
    serverPort: pair(65_535),
    port: pair(65_535),
    destination: fc.ipV4(),
    source: fc.ipV6(),
    ttl: fc.nat(255),
    ssrc: fc.nat(0xffff_ffff),
    mode: fc.constantFrom('play', 'record'),
  },
  { noNullPrototype: true, requiredKeys: ['profile', 'lower', 'delivery'] },
) as fc.Arbitrary<RtspTransport>;

test('Transport: what is serialized parses back', () => {
  fc.assert(
    fc.property(fc.array(transport, { maxLength: 4 }), (transports) => {
      assert.deepEqual(parseTransports(transports.map(serializeTransport).join(',')), transports);
    }),
  );
});

test('Transport: any text parses or throws ProtocolError, nothing else', () => {
  const element = fc.constantFrom(
    'RTP/AVP',
    ';',
    ',',
    '=',
    '"',
    'port',
    'mode',
    '-',
    '1',
    '99999',
    '\\',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(element, fc.string({ maxLength: 4 }))), (elements) => {
      try {
        parseTransports(elements.join(''));
      } catch (error) {
        assert.ok(error instanceof ProtocolError);
      }
    }),
    { numRuns: 2000 },
  );
});
