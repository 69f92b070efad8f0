import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { attempt, fuzz } from '../../../media/src/testing/fuzz.ts';
import { goFuzzInputs } from '../../../media/src/testing/go-fuzz.ts';
import { sharedPath } from '../../../media/src/testing/shared.ts';
import type { ReportBlock, RtcpPacket } from './packets.ts';
import { parseRtcp, serializeRtcp } from './rtcp.ts';

const BLOCK: ReportBlock = {
  ssrc: 0xbc5e_9a40,
  fractionLost: 0x20,
  packetsLost: -2,
  highestSequenceNumber: 0x1_46e1,
  jitter: 273,
  lastSenderReport: 0x09f3_6432,
  delaySinceLastSenderReport: 0x0000_4a89,
};

/** One table for both directions: bytes in hexadecimal, and what they say. */
const CASES: readonly {
  readonly name: string;
  readonly hex: string;
  readonly packets: readonly RtcpPacket[];
}[] = [
  {
    name: 'sender report',
    hex: '80c80006 902f9e2e dab0b57f 80000000 00012345 00000010 00001000',
    packets: [
      {
        type: 'sr',
        ssrc: 0x902f_9e2e,
        ntp: { seconds: 0xdab0_b57f, fraction: 0x8000_0000 },
        rtpTimestamp: 0x1_2345,
        packetCount: 16,
        octetCount: 4096,
        reports: [],
      },
    ],
  },
  {
    name: 'receiver report with a block',
    hex: '81c90007 902f9e2e bc5e9a40 20fffffe 000146e1 00000111 09f36432 00004a89',
    packets: [{ type: 'rr', ssrc: 0x902f_9e2e, reports: [BLOCK] }],
  },
  {
    name: 'compound of receiver report and CNAME',
    hex: '80c90001 902f9e2e 81ca0003 902f9e2e 01036361 6d000000',
    packets: [
      { type: 'rr', ssrc: 0x902f_9e2e, reports: [] },
      { type: 'sdes', chunks: [{ ssrc: 0x902f_9e2e, cname: 'cam' }] },
    ],
  },
  {
    name: 'source description of two, one without a name',
    hex: '82ca0006 00000001 00000000 00000002 01066162 63646566 00000000',
    packets: [
      {
        type: 'sdes',
        chunks: [
          { ssrc: 1, cname: undefined },
          { ssrc: 2, cname: 'abcdef' },
        ],
      },
    ],
  },
  {
    name: 'goodbye',
    hex: '81cb0001 902f9e2e',
    packets: [{ type: 'bye', ssrcs: [0x902f_9e2e], reason: undefined }],
  },
  {
    name: 'goodbye with a reason',
    hex: '81cb0003 902f9e2e 046f7665 72000000',
    packets: [{ type: 'bye', ssrcs: [0x902f_9e2e], reason: 'over' }],
  },
  {
    name: 'application-defined',
    hex: '83cc0003 902f9e2e 4e414d45 41424344',
    packets: [
      {
        type: 'app',
        subtype: 3,
        ssrc: 0x902f_9e2e,
        name: 'NAME',
        data: Uint8Array.of(0x41, 0x42, 0x43, 0x44),
      },
    ],
  },
  {
    name: 'picture loss indication',
    hex: '81ce0002 00000001 4bc4fcb4',
    packets: [{ type: 'pli', senderSsrc: 1, mediaSsrc: 0x4bc4_fcb4 }],
  },
  {
    name: 'full intra request',
    hex: '84ce0004 00000001 00000000 4bc4fcb4 2a000000',
    packets: [{ type: 'fir', senderSsrc: 1, entries: [{ ssrc: 0x4bc4_fcb4, sequenceNumber: 42 }] }],
  },
  {
    name: 'NACK of neighbours, across the wrap',
    hex: '81cd0004 00000001 00000002 ffff8003 00640000',
    packets: [{ type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [0xffff, 0, 1, 15, 100] }],
  },
  {
    name: 'receiver estimated maximum bitrate',
    hex: '8fce0005 00000001 00000000 52454d42 010f8203 484a53ce',
    packets: [{ type: 'remb', senderSsrc: 1, bitsPerSecond: 0x3_8203 * 8, ssrcs: [0x484a_53ce] }],
  },
  {
    name: 'unknown transport feedback',
    hex: '87cd0002 00000001 00000002',
    packets: [{ type: 'unknown', packetType: 205, count: 7, body: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2) }],
  },
  {
    name: 'extended report',
    hex: '80cf0001 00000001',
    packets: [{ type: 'unknown', packetType: 207, count: 0, body: Uint8Array.of(0, 0, 0, 1) }],
  },
];

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

for (const { name, hex, packets } of CASES) {
  test(`parseRtcp: ${name}`, () => assert.deepEqual(parseRtcp(bytesOf(hex)), packets));
  test(`serializeRtcp: ${name}`, () => {
    assert.equal(Buffer.from(serializeRtcp(packets)).toString('hex'), hex.replaceAll(' ', ''));
  });
}

describe('parseRtcp tolerates', () => {
  for (const { name, hex, want } of [
    {
      name: 'a block that is counted and missing',
      hex: '81c80006 00000001 00000000 00000000 00000000 00000000 00000000',
      want: { type: 'sr', reports: [] },
    },
    { name: 'padding', hex: 'a1ce0003 00000001 00000002 00000004', want: { type: 'pli', mediaSsrc: 2 } },
    { name: 'three bytes too many', hex: '81ce0002 00000001 00000002 000000', want: { type: 'pli' } },
    { name: 'an item that runs over its end', hex: '81ca0002 00000001 01ff6161', want: { type: 'sdes' } },
    {
      name: 'a reason that runs over its end',
      hex: '81cb0002 00000001 ff616161',
      want: { reason: undefined },
    },
    {
      name: 'other application feedback',
      hex: '8fce0003 00000001 00000000 41424344',
      want: { type: 'unknown' },
    },
  ]) {
    test(name, () => {
      const [packet, ...rest] = parseRtcp(bytesOf(hex));
      assert.deepEqual(rest, []);
      assert.deepEqual({ ...packet, ...want }, packet);
    });
  }
});

describe('parseRtcp refuses', () => {
  for (const { name, hex, code } of [
    { name: 'nothing', hex: '', code: 'ERR_RTCP_TOO_SHORT' },
    { name: 'another version', hex: '41ce0002 00000001 00000002', code: 'ERR_RTCP_VERSION' },
    { name: 'RTP', hex: '8060 0001 00000001 00000002', code: 'ERR_RTCP_TYPE' },
    { name: 'a length beyond the end', hex: '81ce0003 00000001 00000002', code: 'ERR_RTCP_LENGTH' },
    { name: 'more padding than body', hex: 'a1ce0002 00000001 00000009', code: 'ERR_RTCP_PADDING' },
    { name: 'a sender report without its numbers', hex: '80c80001 00000001', code: 'ERR_RTCP_TOO_SHORT' },
    { name: 'a PLI without SSRC', hex: '81ce0001 00000001', code: 'ERR_RTCP_TOO_SHORT' },
    { name: 'a goodbye of more than it has', hex: '82cb0001 00000001', code: 'ERR_RTCP_TOO_SHORT' },
    {
      name: 'rubbish behind a good packet',
      hex: '81ce0002 00000001 00000002 ffffffff',
      code: 'ERR_RTCP_VERSION',
    },
    { name: 'endless packets', hex: '80cb0000'.repeat(65), code: 'ERR_RTCP_TOO_MANY' },
    {
      name: 'a NACK of everything',
      hex: `81cd0102 00000001 00000002 ${'0000ffff'.repeat(256)}`,
      code: 'ERR_RTCP_NACK',
    },
    {
      name: 'feedback on too many packets',
      hex: '8fcd0005 00000001 00000002 0000ffff 00000000 20ff0000',
      code: 'ERR_RTCP_TWCC',
    },
    {
      name: 'feedback of reserved status',
      hex: '8fcd0005 00000001 00000002 00000001 00000000 60010000',
      code: 'ERR_RTCP_TWCC',
    },
    {
      name: 'feedback without arrival times',
      hex: '8fcd0005 00000001 00000002 00000007 00000000 20070101',
      code: 'ERR_RTCP_TWCC',
    },
    {
      name: 'feedback without status',
      hex: '8fcd0004 00000001 00000002 00000007 00000000',
      code: 'ERR_RTCP_TWCC',
    },
  ]) {
    test(name, () => {
      assert.throws(
        () => parseRtcp(bytesOf(hex)),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }
});

describe('transport-wide feedback', () => {
  for (const { name, hex, base, deltas, referenceTimeMs } of [
    {
      name: 'a run of packets 1 to 3 ms apart',
      hex: '8fcd0006 00000001 00000002 00990003 00001005 20030408 0c000000',
      base: 0x99,
      deltas: [4, 8, 12],
      referenceTimeMs: 16 * 64,
    },
    {
      name: 'one-bit symbols, a reference time before 0, numbers that wrap',
      hex: '8fcd0005 00000001 00000002 ffff0003 fffffe05 a8000102',
      base: 0xffff,
      deltas: [1, undefined, 2],
      referenceTimeMs: -2 * 64,
    },
    {
      name: 'two-bit symbols, a packet that overtook another',
      hex: '8fcd0006 00000001 00000002 00010004 00000005 d84001ff fd030000',
      base: 1,
      deltas: [1, -3, undefined, 3],
      referenceTimeMs: 0,
    },
  ]) {
    test(name, () => {
      assert.deepEqual(parseRtcp(bytesOf(hex)), [
        {
          type: 'twcc',
          senderSsrc: 1,
          mediaSsrc: 2,
          referenceTimeMs,
          feedbackCount: 5,
          packets: deltas.map((delta, index) => ({
            sequenceNumber: (base + index) & 0xffff,
            deltaUs: delta === undefined ? undefined : delta * 250,
          })),
        },
      ]);
    });
  }
});

const uint32 = fc.nat(0xffff_ffff);
const plain = { noNullPrototype: true } as const;
const block = fc.record(
  {
    ssrc: uint32,
    fractionLost: fc.nat(255),
    packetsLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
    highestSequenceNumber: uint32,
    jitter: uint32,
    lastSenderReport: uint32,
    delaySinceLastSenderReport: uint32,
  },
  plain,
);
const delta = fc.oneof(
  { weight: 3, arbitrary: fc.nat(255) },
  fc.constant(undefined),
  fc.integer({ min: -0x8000, max: 0x7fff }),
);
const twcc = fc
  .record({
    base: fc.nat(0xffff),
    runs: fc.array(fc.tuple(delta, fc.integer({ min: 1, max: 60 })), { minLength: 1 }),
  })
  .map(({ base, runs }): RtcpPacket => ({
    type: 'twcc',
    senderSsrc: 1,
    mediaSsrc: 2,
    referenceTimeMs: -640,
    feedbackCount: 200,
    packets: runs
      .flatMap(([value, length]) => new Array<number | undefined>(length).fill(value))
      .map((value, index) => ({
        sequenceNumber: (base + index) & 0xffff,
        deltaUs: value === undefined ? undefined : value * 250,
      })),
  }));
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record(
    { type: fc.constant('rr' as const), ssrc: uint32, reports: fc.array(block, { maxLength: 31 }) },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('sdes' as const),
      chunks: fc.array(
        fc.record(
          { ssrc: uint32, cname: fc.option(fc.string({ minLength: 1, maxLength: 63 }), { nil: undefined }) },
          plain,
        ),
        { maxLength: 31 },
      ),
    },
    plain,
  ),
  fc.record(
    {
      type: fc.constant('nack' as const),
      senderSsrc: uint32,
      mediaSsrc: uint32,
      sequenceNumbers: fc.array(fc.nat(0xffff), { maxLength: 60 }),
    },
    plain,
  ),
  twcc,
);

test('what serializeRtcp writes, parseRtcp reads, in compounds of any kind', () => {
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 8 }), (packets) => {
      const bytes = serializeRtcp(packets);
      assert.equal(bytes.length % 4, 0);
      assert.deepEqual(parseRtcp(bytes), packets);
    }),
  );
});

test('a REMB keeps 18 bits of any bitrate', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e15, noNaN: true }), (bitsPerSecond) => {
      const [remb] = parseRtcp(serializeRtcp([{ type: 'remb', senderSsrc: 1, bitsPerSecond, ssrcs: [] }]));
      assert.ok(remb?.type === 'remb');
      assert.ok(remb.bitsPerSecond <= bitsPerSecond);
      assert.ok(remb.bitsPerSecond >= Math.floor(bitsPerSecond) * (1 - 2 ** -17));
    }),
  );
});

test('what fields cannot say is refused when written', () => {
  const tooMany: RtcpPacket[] = [
    { type: 'rr', ssrc: 1, reports: new Array<ReportBlock>(32).fill(BLOCK) },
    { type: 'bye', ssrcs: new Array<number>(32).fill(1), reason: undefined },
    { type: 'remb', senderSsrc: 1, bitsPerSecond: 1, ssrcs: new Array<number>(256).fill(1) },
    { type: 'app', subtype: 0, ssrc: 1, name: 'five5', data: Uint8Array.of() },
  ];
  for (const each of tooMany) assert.throws(() => serializeRtcp([each]), RangeError);
});

const corpora = [
  sharedPath('vectors', 'pion-rtcp', 'testdata'),
  sharedPath('vectors', 'gortsplib-fuzz', 'pkg', 'rtcpunmarshaler'),
];
const known = corpora.flatMap((folder) => (folder === undefined ? [] : [...goFuzzInputs(folder)]));

test('every file of the RTCP corpora parses or is refused', (context) => {
  if (known.length === 0) context.diagnostic('The shared test data is missing: nothing to parse');
  for (const { file, args } of known) for (const input of args) attempt(file, input, parseRtcp);
});

fuzz('parseRtcp', [...CASES.map(({ hex }) => bytesOf(hex)), ...known.flatMap(({ args }) => args)], parseRtcp);
