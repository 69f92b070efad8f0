import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../errors.ts';
import { fuzz } from '../../testing/fuzz.ts';
import { parseHevcDecoderConfiguration } from './parse-hevc-configuration.ts';

/** A record of 22 fixed bytes (length size 4), then arrays of NAL units. */
function record(
  arrays: readonly (readonly Uint8Array[])[],
  { version = 1, lengthSize = 4 } = {},
): Uint8Array {
  const fixed = new Uint8Array(22);
  fixed[0] = version;
  fixed[21] = 0x0c | (lengthSize - 1);
  const parts = arrays.flatMap((nals) => [
    ...[0xa0, 0, nals.length],
    ...nals.flatMap((nal) => [0, nal.length, ...nal]),
  ]);
  return Uint8Array.of(...fixed, arrays.length, ...parts);
}

const vps = Uint8Array.of(0x40, 1, 2);
const sps = Uint8Array.of(0x42, 1, 3);
const pps = Uint8Array.of(0x44, 1);

for (const version of [0, 1]) {
  test(`parseHevcDecoderConfiguration: NAL units in their order, version ${version}`, () => {
    const bytes = record([[vps], [sps], [pps]], { version });
    assert.deepEqual(parseHevcDecoderConfiguration(bytes), { lengthSize: 4, nals: [vps, sps, pps] });
  });
}

for (const { name, bytes } of [
  { name: 'too short', bytes: record([]).subarray(0, 22) },
  { name: 'another version', bytes: record([], { version: 2 }) },
  { name: 'lengths of 3 bytes', bytes: record([], { lengthSize: 3 }) },
  { name: 'ends inside a NAL unit', bytes: record([[vps]]).subarray(0, -1) },
  { name: 'ends inside a field', bytes: record([[vps]]).subarray(0, 25) },
]) {
  test(`parseHevcDecoderConfiguration refuses: ${name}`, () => {
    assert.throws(
      () => parseHevcDecoderConfiguration(bytes),
      (error) => error instanceof ProtocolError && error.code === 'ERR_HVCC',
    );
  });
}

fuzz(
  'parseHevcDecoderConfiguration',
  [record([[vps], [sps, sps], [pps]])],
  parseHevcDecoderConfiguration,
  20_000,
);
