import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempt, fuzz } from '../testing/fuzz.ts';
import { goFuzzInputs } from '../testing/go-fuzz.ts';
import { sharedPath } from '../testing/shared.ts';
import {
  createOpusTrack,
  opusPacketTicks,
  opusSpecificBox,
  parseOpusHead,
  serializeOpusHead,
} from './opus.ts';

const toc = (configuration: number, code: number): number => (configuration << 3) | code;

for (const { name, packet, ticks } of [
  { name: 'SILK 10 ms', packet: [toc(0, 0)], ticks: 480 },
  { name: 'SILK 60 ms, two frames', packet: [toc(3, 1)], ticks: 5760 },
  { name: 'hybrid 20 ms', packet: [toc(15, 0)], ticks: 960 },
  { name: 'CELT 2.5 ms', packet: [toc(16, 0)], ticks: 120 },
  { name: 'CELT 20 ms, two frames of different size', packet: [toc(31, 2)], ticks: 1920 },
  { name: 'CELT 20 ms, six frames', packet: [toc(31, 3), 0xc0 | 6], ticks: 5760 },
]) {
  test(`opusPacketTicks: ${name}`, () => {
    assert.equal(opusPacketTicks(Uint8Array.from(packet)), ticks);
  });
}

for (const { name, packet } of [
  { name: 'an empty packet', packet: [] },
  { name: 'a missing frame count', packet: [toc(0, 3)] },
  { name: 'no frames', packet: [toc(0, 3), 0] },
  { name: 'more than 120 ms', packet: [toc(3, 3), 3] },
]) {
  test(`opusPacketTicks refuses ${name}`, () => {
    assert.throws(() => opusPacketTicks(Uint8Array.from(packet)), {
      name: 'ProtocolError',
      code: 'ERR_OPUS_PACKET',
    });
  });
}

test('dOps of stereo is in big-endian order and has no mapping', () => {
  const want = [0, 2, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 0];
  assert.deepEqual(opusSpecificBox(createOpusTrack(0, 2)), Uint8Array.from(want));
});

test('dOps of 5.1 has the mapping of family 1', () => {
  const want = [0, 6, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0, 0, 1, 4, 2, 0, 4, 1, 2, 3, 5];
  assert.deepEqual(opusSpecificBox(createOpusTrack(0, 6)), Uint8Array.from(want));
});

for (const channels of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`OpusHead of ${channels} channels reads back`, () => {
    assert.deepEqual(parseOpusHead(serializeOpusHead(channels)), { channels, preSkip: 312 });
  });
}

for (const channels of [0, 9, 1.5]) {
  test(`createOpusTrack refuses ${channels} channels`, () => {
    assert.throws(() => createOpusTrack(0, channels), RangeError);
  });
}

const corpora = sharedPath('vectors', 'mediacommon-fuzz', 'pkg', 'codecs', 'opus', 'testdata', 'fuzz');
test('the shared Opus corpora parse or throw ProtocolError', (t) => {
  if (corpora === undefined) {
    t.diagnostic('shared/vectors/mediacommon-fuzz is missing: it is not tested');
    return;
  }
  for (const { args } of goFuzzInputs(corpora)) {
    for (const input of args) {
      attempt('opusPacketTicks', input, opusPacketTicks);
      attempt('parseOpusHead', input, parseOpusHead);
    }
  }
});

fuzz('opusPacketTicks', [Uint8Array.of(toc(31, 3), 6)], opusPacketTicks);
fuzz('parseOpusHead', [serializeOpusHead(2), serializeOpusHead(6)], parseOpusHead);
