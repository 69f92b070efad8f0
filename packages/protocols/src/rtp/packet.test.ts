import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '@vedette/media';
import fc from 'fast-check';
import { fuzz } from '../../../media/src/testing/fuzz.ts';
import {
  parseExtensionElements,
  playoutDelayElement,
  serializeExtensionElements,
} from './header-extension.ts';
import { isRtcp, parseRtpPacket, serializeRtpPacket } from './packet.ts';
import { testPacket } from './testing/fixtures.ts';

const HEADER = [0x80, 0xe0, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98];
const FIELDS = { payloadType: 96, sequenceNumber: 0x1234, timestamp: 0x89abcdef, ssrc: 0xfedcba98 };

for (const { name, bytes, want } of [
  { name: 'plain', bytes: [...HEADER, 1, 2], want: { marker: true, payload: Uint8Array.of(1, 2) } },
  { name: 'empty payload', bytes: HEADER, want: { marker: true } },
  {
    name: 'padding is taken away',
    bytes: [0xa0, ...HEADER.slice(1), 1, 2, 0, 2],
    want: { marker: true, payload: Uint8Array.of(1, 2) },
  },
  {
    name: 'padding bit without padding',
    bytes: [0xa0, ...HEADER.slice(1), 1, 2, 0],
    want: { marker: true, payload: Uint8Array.of(1, 2, 0) },
  },
  {
    name: 'two CSRCs',
    bytes: [0x82, ...HEADER.slice(1), 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 9],
    want: { marker: true, csrcs: [1, 0xffff_ffff], payload: Uint8Array.of(9) },
  },
  {
    name: 'header extension',
    bytes: [0x90, ...HEADER.slice(1), 0xbe, 0xde, 0, 1, 0x52, 0, 0, 0, 9],
    want: {
      marker: true,
      extension: { profile: 0xbede, data: Uint8Array.of(0x52, 0, 0, 0) },
      payload: Uint8Array.of(9),
    },
  },
  {
    name: 'extension without data',
    bytes: [0x90, ...HEADER.slice(1), 0xab, 0xac, 0, 0],
    want: { marker: true, extension: { profile: 0xabac, data: Uint8Array.of() } },
  },
]) {
  test(`parseRtpPacket: ${name}`, () => {
    assert.deepEqual(parseRtpPacket(Uint8Array.from(bytes)), testPacket({ ...FIELDS, ...want }));
  });
}

for (const { name, bytes, code } of [
  { name: 'nothing', bytes: [], code: 'ERR_RTP_TOO_SHORT' },
  { name: 'half a header', bytes: HEADER.slice(0, 11), code: 'ERR_RTP_TOO_SHORT' },
  { name: 'CSRCs beyond the end', bytes: [0x81, ...HEADER.slice(1), 1, 2], code: 'ERR_RTP_TOO_SHORT' },
  {
    name: 'extension header beyond the end',
    bytes: [0x90, ...HEADER.slice(1), 0xbe],
    code: 'ERR_RTP_TOO_SHORT',
  },
  {
    name: 'extension data beyond the end',
    bytes: [0x90, ...HEADER.slice(1), 0xbe, 0xde, 0, 2, 0, 0, 0, 0],
    code: 'ERR_RTP_TOO_SHORT',
  },
  { name: 'another version', bytes: [0x40, ...HEADER.slice(1)], code: 'ERR_RTP_VERSION' },
  { name: 'more padding than payload', bytes: [0xa0, ...HEADER.slice(1), 3], code: 'ERR_RTP_PADDING' },
  {
    name: 'more than a datagram holds',
    bytes: [0x80, ...new Array<number>(65_535).fill(0)],
    code: 'ERR_RTP_TOO_LONG',
  },
]) {
  test(`parseRtpPacket refuses ${name}`, () => {
    assert.throws(
      () => parseRtpPacket(Uint8Array.from(bytes)),
      (error) => error instanceof ProtocolError && error.code === code,
    );
  });
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const packets = fc.record(
  {
    marker: fc.boolean(),
    payloadType: fc.nat(127),
    sequenceNumber: fc.nat(0xffff),
    timestamp: fc.nat(0xffff_ffff),
    ssrc: fc.nat(0xffff_ffff),
    csrcs: fc.array(fc.nat(0xffff_ffff), { maxLength: 15 }),
    extension: fc.option(
      fc.record(
        {
          profile: fc.nat(0xffff),
          data: bytes(40).map((data) => data.slice(0, data.length - (data.length % 4))),
        },
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
    payload: bytes(100),
  },
  { noNullPrototype: true },
);

test('parseRtpPacket gives back what serializeRtpPacket wrote', () => {
  fc.assert(
    fc.property(packets, (packet) => assert.deepEqual(parseRtpPacket(serializeRtpPacket(packet)), packet)),
  );
});

test('isRtcp tells RTCP from RTP with the marker bit, whatever its payload type', () => {
  assert.equal(isRtcp(Uint8Array.of(0x81, 200)), true);
  assert.equal(isRtcp(Uint8Array.of(0x80, 0x80 | 96)), false);
  assert.equal(isRtcp(Uint8Array.of(0x80)), false);
});

for (const { name, profile, data, want } of [
  {
    name: 'one-byte form',
    profile: 0xbede,
    data: [0x10, 7, 0x32, 1, 2, 3],
    want: [
      [1, [7]],
      [3, [1, 2, 3]],
    ],
  },
  { name: 'padding between', profile: 0xbede, data: [0, 0, 0x10, 7, 0], want: [[1, [7]]] },
  { name: 'id 15 ends the list', profile: 0xbede, data: [0x10, 7, 0xf0, 1, 0x20, 2], want: [[1, [7]]] },
  { name: 'an element over the end', profile: 0xbede, data: [0x10, 7, 0x23, 1], want: [[1, [7]]] },
  {
    name: 'two-byte form',
    profile: 0x1000,
    data: [20, 2, 8, 9, 0, 1, 0],
    want: [
      [20, [8, 9]],
      [1, []],
    ],
  },
  { name: 'two-byte form, appbits', profile: 0x100f, data: [20, 1, 8], want: [[20, [8]]] },
  { name: 'two-byte form, over the end', profile: 0x1000, data: [20, 2, 8], want: [] },
  { name: 'unknown profile', profile: 0x1234, data: [0x10, 7], want: [] },
] as const) {
  test(`parseExtensionElements: ${name}`, () => {
    const elements = parseExtensionElements({ profile, data: Uint8Array.from(data) });
    assert.deepEqual(
      elements.map((element) => [element.id, [...element.data]]),
      want,
    );
  });
}

test('playout delay 0 to 0 is the extension browsers expect', () => {
  const extension = serializeExtensionElements([playoutDelayElement(5, 0, 0)]);
  assert.deepEqual(extension, { profile: 0xbede, data: Uint8Array.of(0x52, 0, 0, 0) });
  assert.deepEqual([...playoutDelayElement(5, 100, 40_950).data], [0x00, 0xaf, 0xff]);
});

test('serializeExtensionElements: every list comes back', () => {
  const element = fc.record(
    {
      id: fc.integer({ min: 1, max: 14 }),
      data: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(element, { maxLength: 14 }), (elements) => {
      const extension = serializeExtensionElements(elements);
      assert.equal(extension.data.length % 4, 0);
      assert.deepEqual(parseExtensionElements(extension), elements);
    }),
  );
});

fuzz(
  'parseRtpPacket',
  [
    Uint8Array.from([
      0x92,
      ...HEADER.slice(1),
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      2,
      0xbe,
      0xde,
      0,
      1,
      0x52,
      0,
      0,
      0,
      9,
      9,
      2,
    ]),
    Uint8Array.from([0xb0, ...HEADER.slice(1), 0x10, 0x00, 0, 2, 1, 2, 0, 0, 7, 1, 9, 0, 5, 5, 5, 2]),
  ],
  (input) => {
    const { extension, payload } = parseRtpPacket(input);
    assert.ok(payload.length <= input.length);
    if (extension !== undefined) parseExtensionElements(extension);
  },
);
