import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtocolError, parseStreamMuxConfig } from '@vedette/media';
import { createDepacketizer } from './create-depacketizer.ts';
import type { Depacketizer } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { testFormat, testPacket, testPackets } from './testing/fixtures.ts';

/** AAC-LC, 48 kHz, stereo. */
const HBR = 'streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190';

function aac(fmtp = HBR): Depacketizer {
  return createDepacketizer(testFormat('aac', fmtp, 'mpeg4-generic'));
}

function run(depacketizer: Depacketizer, packets: readonly RtpPacket[]): [number, number[], boolean?][] {
  return packets
    .flatMap((packet) => depacketizer.push(packet))
    .map(({ timestamp, data, followsLoss }) => {
      const bytes = data.flatMap((part) => [...part]);
      return followsLoss ? [timestamp, bytes, true] : [timestamp, bytes];
    });
}

describe('mpeg4-generic', () => {
  for (const { name, fmtp, payload, want } of [
    { name: 'one frame', fmtp: HBR, payload: [0, 16, 0, 24, 1, 2, 3], want: [[1, 2, 3]] },
    {
      name: 'three frames, 1024 ticks apart',
      fmtp: HBR,
      payload: [0, 48, 0, 16, 0, 8, 0, 16, 1, 2, 3, 4, 5],
      want: [[1, 2], [3], [4, 5]],
    },
    {
      name: 'no widths in fmtp: those of AAC-hbr',
      fmtp: 'config=1190',
      payload: [0, 16, 0, 8, 7],
      want: [[7]],
    },
    { name: 'AAC-lbr', fmtp: 'mode=AAC-lbr', payload: [0, 8, 0b0000_1000, 8, 9], want: [[8, 9]] },
    {
      name: 'frames of constant size, without headers',
      fmtp: 'constantsize=2',
      payload: [1, 2, 3, 4],
      want: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      name: 'one frame, without headers',
      fmtp: 'sizelength=0;indexlength=0;indexdeltalength=0',
      payload: [1, 2],
      want: [[1, 2]],
    },
    {
      name: 'auxiliary section',
      fmtp: 'sizelength=13;indexlength=3;auxiliarydatasizelength=8',
      payload: [0, 16, 0, 8, 3, 0xe0, 7],
      want: [[7]],
    },
    {
      name: 'decoding times and random access flags',
      fmtp: 'sizelength=6;indexlength=2;indexdeltalength=2;ctsdeltalength=7;dtsdeltalength=7;randomaccessindication=1',
      // First AU: size 1, index 0, no CTS; DTS flag and 7 bits; RAP. Second: size 1, CTS flag and 7 bits, no DTS.
      payload: [0, 37, 0b0000_0100, 0b0100_0000, 0b1100_0001, 0b0010_0000, 0b0100_0000, 7, 8],
      want: [[7], [8]],
    },
    {
      name: 'ADTS left in front',
      fmtp: HBR,
      payload: [0, 16, 0, 72, 0xff, 0xf1, 0x4c, 0x80, 0x01, 0x3f, 0xfc, 1, 2],
      want: [[1, 2]],
    },
    {
      name: 'ADTS instead of headers',
      fmtp: HBR,
      payload: [0xff, 0xf1, 0x4c, 0x80, 0x01, 0x3f, 0xfc, 1, 2],
      want: [[1, 2]],
    },
  ]) {
    test(name, () => {
      const got = run(aac(fmtp), testPackets([[payload, 5000, true]]));
      assert.deepEqual(
        got,
        want.map((bytes, index) => [5000 + index * 1024, bytes]),
      );
    });
  }

  test('a frame in pieces', () => {
    const packets = testPackets([
      [[0, 16, 0, 40, 1, 2], 9],
      [[0, 16, 0, 40, 3, 4], 9],
      [[0, 16, 0, 40, 5], 9, true],
      [[0, 16, 0, 8, 6], 1033, true],
    ]);
    assert.deepEqual(run(aac(), packets), [
      [9, [1, 2, 3, 4, 5]],
      [1033, [6]],
    ]);
    const [first, , third, fourth] = packets;
    assert.ok(first && third && fourth);
    const lossy = aac();
    assert.deepEqual(run(lossy, [first, third, fourth]), [[1033, [6], true]]);
    assert.equal(lossy.damagedUnits, 1);
  });

  test('frames of HE-AAC last 2048 ticks of the outer rate', () => {
    // SBR: core 24 kHz, output 48 kHz.
    const got = run(aac('config=2B118800'), testPackets([[[0, 32, 0, 8, 0, 8, 1, 2], 0, true]]));
    assert.deepEqual(got, [
      [0, [1]],
      [2048, [2]],
    ]);
  });

  for (const { name, payload, code } of [
    { name: 'half a headers length', payload: [0], code: 'ERR_BITS_EXHAUSTED' },
    { name: 'no headers', payload: [0, 0, 1, 2], code: 'ERR_AAC_AU_HEADERS' },
    { name: 'headers beyond the end', payload: [1, 0, 1, 2], code: 'ERR_AAC_AU_HEADERS' },
    { name: 'a second frame beyond the end', payload: [0, 32, 0, 8, 0, 16, 1], code: 'ERR_AAC_AU_SIZE' },
    {
      name: 'too many frames',
      payload: [8, 0, ...new Array<number>(260).fill(0)],
      code: 'ERR_AAC_AU_HEADERS',
    },
  ]) {
    test(`refused: ${name}`, () => {
      const depacketizer = aac();
      assert.throws(
        () => depacketizer.push(testPacket({ payload: Uint8Array.from(payload) })),
        (error) => error instanceof ProtocolError && error.code === code,
      );
      assert.equal(depacketizer.damagedUnits, 1);
      const after = testPacket({ sequenceNumber: 1, timestamp: 4, payload: Uint8Array.of(0, 16, 0, 8, 6) });
      assert.deepEqual(run(depacketizer, [after]), [[4, [6], true]]);
    });
  }

  test('refused: header fields wider than 32 bits', () => {
    assert.throws(
      () => aac('sizelength=33'),
      (error) => error instanceof ProtocolError && error.code === 'ERR_RTP_FORMAT',
    );
  });
});

describe('MP4A-LATM', () => {
  /** AAC-LC, 48 kHz, stereo (ffmpeg's muxer). */
  const CONFIG = '400023203fc0';

  test('the AudioSpecificConfig comes out on a byte boundary', () => {
    const bytes = Uint8Array.from(Buffer.from(CONFIG, 'hex'));
    assert.deepEqual(parseStreamMuxConfig(bytes), {
      audioConfig: Uint8Array.of(0x11, 0x90),
      subFrames: 1,
    });
  });

  for (const { name, config, audioConfig } of [
    { name: 'without the fields at its end', config: '40002320', audioConfig: [0x11, 0x90] },
    {
      name: 'without them, and with what ffmpeg says of SBR: none',
      config: '40002320adca00',
      audioConfig: [0x11, 0x90, 0x56, 0xe5, 0x00],
    },
    {
      name: 'without them, SBR and PS',
      config: '40002620adcb3a9100',
      audioConfig: [0x13, 0x10, 0x56, 0xe5, 0x9d, 0x48, 0x80],
    },
  ]) {
    test(`a configuration by GStreamer's rtpmp4apay: ${name}`, () => {
      const bytes = Uint8Array.from(Buffer.from(config, 'hex'));
      assert.deepEqual([...parseStreamMuxConfig(bytes).audioConfig], audioConfig);
    });
  }

  test('a configuration in the session description, frames in one and in several packets', () => {
    const depacketizer = createDepacketizer(testFormat('aac', `cpresent=0;config=${CONFIG}`, 'mp4a-latm'));
    const packets = testPackets([
      [[3, 1, 2, 3], 10, true],
      [[4, 4, 5], 20],
      [[6, 7], 20, true],
    ]);
    assert.deepEqual(run(depacketizer, packets), [
      [10, [1, 2, 3]],
      [20, [4, 5, 6, 7]],
    ]);
  });

  test('a frame longer than 255 bytes', () => {
    const depacketizer = createDepacketizer(testFormat('aac', `cpresent=0;config=${CONFIG}`, 'mp4a-latm'));
    const frame = Array.from({ length: 300 }, (_, index) => index & 0xff);
    assert.deepEqual(run(depacketizer, testPackets([[[255, 45, ...frame], 10, true]])), [[10, frame]]);
  });

  test('a configuration in the packet, nothing on a byte boundary', () => {
    // useSameStreamMux 0, then the configuration (44 bits), then length 2 and two bytes: 1 + 44 + 24 bits.
    const bits = `0${bitsOf(CONFIG).slice(0, 44)}000000101010101001010101`;
    // useSameStreamMux 1: the one before.
    const same = `10000000111001100`;
    const depacketizer = createDepacketizer(testFormat('aac', '', 'mp4a-latm'));
    assert.deepEqual(
      run(
        depacketizer,
        testPackets([
          [bytesOf(bits), 10, true],
          [bytesOf(same), 20, true],
        ]),
      ),
      [
        [10, [0xaa, 0x55]],
        [20, [0xcc]],
      ],
    );
  });

  for (const { name, fmtp, payload, code } of [
    { name: 'no configuration yet', fmtp: '', payload: [0x80, 0], code: 'ERR_LATM_CONFIG' },
    {
      name: 'a length beyond the end',
      fmtp: `cpresent=0;config=${CONFIG}`,
      payload: [9, 1],
      code: 'ERR_BITS_EXHAUSTED',
    },
    {
      name: 'only 255s',
      fmtp: `cpresent=0;config=${CONFIG}`,
      payload: [255, 255],
      code: 'ERR_BITS_EXHAUSTED',
    },
  ]) {
    test(`refused: ${name}`, () => {
      const depacketizer = createDepacketizer(testFormat('aac', fmtp, 'mp4a-latm'));
      assert.throws(
        () => depacketizer.push(testPacket({ marker: true, payload: Uint8Array.from(payload) })),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }

  test('refused: frames without end', () => {
    const depacketizer = createDepacketizer(testFormat('aac', `cpresent=0;config=${CONFIG}`, 'mp4a-latm'));
    const payload = new Uint8Array(60_000);
    depacketizer.push(testPacket({ payload }));
    assert.throws(
      () => depacketizer.push(testPacket({ sequenceNumber: 1, payload })),
      (error) => error instanceof ProtocolError && error.code === 'ERR_RTP_AUDIO_FRAME_TOO_LARGE',
    );
  });
});

describe('Opus and G.711', () => {
  for (const codec of ['opus', 'pcmu', 'pcma'] as const) {
    test(`${codec}: a payload is a frame; empty ones are none; loss is said`, () => {
      const packets = testPackets([
        [[1, 2], 100],
        [[], 100],
        [[3], 260],
        [[4], 420],
      ]);
      const depacketizer = createDepacketizer(testFormat(codec));
      const [a, b, , d] = packets;
      assert.ok(a && b && d);
      assert.deepEqual(run(depacketizer, [a, b, d, d]), [
        [100, [1, 2]],
        [420, [4], true],
      ]);
      assert.deepEqual(depacketizer.flush(), []);
    });
  }
});

function bitsOf(hex: string): string {
  return Array.from(Buffer.from(hex, 'hex'), (byte) => byte.toString(2).padStart(8, '0')).join('');
}

function bytesOf(bits: string): number[] {
  return Array.from({ length: Math.ceil(bits.length / 8) }, (_, index) =>
    Number.parseInt(bits.slice(index * 8, index * 8 + 8).padEnd(8, '0'), 2),
  );
}
