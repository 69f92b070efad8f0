import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError, parseStreamMuxConfig } from '@vedette/media';
import type { Codec } from '@vedette/media';
import { attempt, fuzz } from '../../../media/src/testing/fuzz.ts';
import { goFuzzInputs } from '../../../media/src/testing/go-fuzz.ts';
import { sharedPath } from '../../../media/src/testing/shared.ts';
import { createDepacketizer } from './create-depacketizer.ts';
import { parseFormatParameters } from './format-parameters.ts';
import { parseRtpPacket } from './packet.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { testFormat, testPackets } from './testing/fixtures.ts';
import { serializeRtpPacket } from './packet.ts';

/** Packets behind 32-bit little-endian lengths: how gortsplib's corpora hold several. */
function framed(rows: Parameters<typeof testPackets>[0]): Uint8Array {
  const chunks = testPackets(rows).map((packet) => {
    const bytes = serializeRtpPacket(packet);
    return Buffer.concat([Uint32Array.of(bytes.length), bytes].map((part) => Buffer.from(part.buffer)));
  });
  return new Uint8Array(Buffer.concat(chunks));
}

function* unframed(input: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  for (let at = 0; at + 4 <= input.length;) {
    const length = Math.min(view.getUint32(at, true), 0xffff, input.length - at - 4);
    yield input.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

/** Takes a packet sequence as a session would that goes on after bad packets; what came in is all that can come out. */
function depacketizeAll(codec: Codec, fmtp: string, encoding: string): (input: Uint8Array) => void {
  return (input) => {
    const depacketizer = createDepacketizer(testFormat(codec, fmtp, encoding));
    const buffer = new ReorderBuffer({ maxPackets: 4 });
    let total = 0;
    for (const bytes of unframed(input)) {
      try {
        for (const packet of buffer.push(parseRtpPacket(bytes), 0)) {
          for (const unit of depacketizer.push(packet)) total += unit.byteLength;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
    for (const unit of depacketizer.flush()) total += unit.byteLength;
    assert.ok(total <= input.length, `${total} bytes out of ${input.length}`);
  };
}

const STREAMS: readonly {
  readonly codec: Codec;
  readonly encoding?: string;
  readonly fmtp?: string;
  /** gortsplib's name. */
  readonly corpus?: string;
  readonly seed: Parameters<typeof testPackets>[0];
}[] = [
  {
    codec: 'h264',
    corpus: 'rtph264',
    seed: [
      [[0x78, 0, 3, 0x67, 0x64, 1, 0, 2, 0x68, 0xee], 1],
      [[0x7c, 0x85, 0x88, 1, 2], 1],
      [[0x7c, 0x45, 3], 1, true],
      [[0x67, 0x64, 1, 0, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 0x88], 2, true],
      [[0x41, 0x9a, 1], 3, true],
    ],
  },
  {
    codec: 'h265',
    corpus: 'rtph265',
    seed: [
      [[0x60, 0x01, 0, 3, 0x40, 0x01, 1, 0, 3, 0x42, 0x01, 2], 1],
      [[0x62, 0x01, 0x93, 0x80, 1], 1],
      [[0x62, 0x01, 0x53, 2], 1, true],
      [[0x02, 0x01, 0x80], 2, true],
    ],
  },
  {
    codec: 'h265',
    fmtp: 'sprop-max-don-diff=1',
    seed: [
      [[0x60, 0x01, 0, 1, 0, 3, 0x40, 0x01, 1, 0, 0, 3, 0x42, 0x01, 2], 1],
      [[0x62, 0x01, 0x93, 0, 2, 0x80, 1], 1],
      [[0x62, 0x01, 0x53, 2], 1, true],
      [[0x02, 0x01, 0, 3, 0x80], 2, true],
    ],
  },
  {
    codec: 'aac',
    encoding: 'mpeg4-generic',
    corpus: 'rtpmpeg4audio',
    seed: [
      [[0, 32, 0, 16, 0, 8, 1, 2, 3], 1, true],
      [[0, 16, 0, 32, 1, 2], 2],
      [[0, 16, 0, 32, 3, 4], 2, true],
      [[0xff, 0xf1, 0x4c, 0x80, 0x01, 0x3f, 0xfc, 1, 2], 3, true],
    ],
  },
  {
    codec: 'aac',
    encoding: 'mpeg4-generic',
    fmtp: 'sizelength=6;indexlength=2;indexdeltalength=2;ctsdeltalength=7;randomaccessindication=1;auxiliarydatasizelength=4',
    seed: [[[0, 20, 0b0000_0100, 0b0100_0001, 0b0100_0000, 0x40, 7, 8], 1, true]],
  },
  {
    codec: 'aac',
    encoding: 'mp4a-latm',
    fmtp: 'cpresent=0;config=400023203fc0',
    corpus: 'rtpfragmented',
    seed: [
      [[3, 1, 2, 3], 1, true],
      [[4, 1], 2],
      [[2, 3, 4], 2, true],
    ],
  },
  {
    codec: 'aac',
    encoding: 'mp4a-latm',
    seed: [[[0x20, 0, 0x11, 0x90, 0x1f, 0xe0, 0x10, 1, 2, 3], 1, true]],
  },
  {
    codec: 'av1',
    seed: [
      [[0x28, 3, 0x08, 1, 2, 0x30, 5, 6], 1],
      [[0xd0, 7, 8], 1],
      [[0x90, 9], 1, true],
      [[0x00, 2, 0x30, 1, 3, 0x20, 2, 3], 2, true],
    ],
  },
  {
    codec: 'vp9',
    seed: [
      [[0x8a, 0x81, 2, 0x18, 1, 64, 1, 32, 1, 0x04, 1, 0x82, 0x49, 0x83, 0x42], 1],
      [[0x84, 0x81, 2, 9], 1, true],
      [[0xfc, 0x02, 0x20, 0x03, 0x02, 0x86, 1], 2, true],
    ],
  },
  {
    codec: 'vp8',
    seed: [
      [[0x90, 0xf0, 0x81, 2, 3, 4, 0x50, 1, 2, 0x9d, 1, 0x2a], 1],
      [[0x80, 0x80, 1, 9], 1, true],
      [[0x10, 0x31, 1, 2], 2, true],
    ],
  },
  { codec: 'opus', corpus: 'rtplpcm', seed: [[[0xfc, 1, 2], 1]] },
];

const corpora = sharedPath('vectors', 'gortsplib-fuzz', 'pkg', 'format');

for (const { codec, encoding = codec, fmtp = '', corpus, seed } of STREAMS) {
  const name = `depacketizer of ${encoding} ${fmtp}`;
  const depacketize = depacketizeAll(codec, fmtp, encoding);
  const folder =
    corpus === undefined ? undefined : sharedPath('vectors', 'gortsplib-fuzz', 'pkg', 'format', corpus);
  const known = folder === undefined ? [] : [...goFuzzInputs(folder)].flatMap(({ args }) => args);
  fuzz(name, [framed(seed), ...known], depacketize);
}

test('every depacketizer takes every RTP corpus', (context) => {
  if (corpora === undefined) {
    context.diagnostic('The shared test data is missing: nothing to take');
    return;
  }
  for (const { file, args } of goFuzzInputs(corpora)) {
    for (const { codec, encoding = codec, fmtp = '' } of STREAMS) {
      for (const input of args)
        attempt(`${encoding} on ${file}`, input, depacketizeAll(codec, fmtp, encoding));
    }
  }
});

fuzz('StreamMuxConfig', [Uint8Array.from(Buffer.from('400023203fc0', 'hex'))], parseStreamMuxConfig);

fuzz(
  'format parameters',
  [
    'packetization-mode=1; profile-level-id=64001F;sprop-parameter-sets=Z2QAH6w=,aO4=',
    'config=1190;mode=AAC-hbr',
  ].map((text) => new TextEncoder().encode(text)),
  (input) => {
    const fmtp = parseFormatParameters(Buffer.from(input).toString('latin1'));
    for (const encoding of ['mpeg4-generic', 'mp4a-latm']) {
      createDepacketizer({ codec: 'aac', encoding, clockRate: 48_000, channels: 2, fmtp });
    }
  },
);
