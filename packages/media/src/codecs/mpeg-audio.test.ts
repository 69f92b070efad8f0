import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../errors.ts';
import { ffmpeg } from '../testing/ffmpeg.ts';
import { fuzz } from '../testing/fuzz.ts';
import { createMpegAudioTrack, parseMpegAudioHeader } from './mpeg-audio.ts';

for (const { name, encoder, rate, channels, layer, samplesPerFrame } of [
  { name: 'MP3', encoder: 'libmp3lame', rate: 44_100, channels: 2, layer: 3, samplesPerFrame: 1152 },
  { name: 'MP3 of MPEG-2', encoder: 'libmp3lame', rate: 22_050, channels: 1, layer: 3, samplesPerFrame: 576 },
  { name: 'MP3 of MPEG-2.5', encoder: 'libmp3lame', rate: 8000, channels: 1, layer: 3, samplesPerFrame: 576 },
  { name: 'MP2', encoder: 'mp2', rate: 48_000, channels: 2, layer: 2, samplesPerFrame: 1152 },
]) {
  test(`parseMpegAudioHeader: the frames of ffmpeg's ${name} follow each other without a gap`, () => {
    const source = `sine=sample_rate=${rate}:duration=1`;
    const options = ['-ac', String(channels), '-c:a', encoder, '-write_xing', '0', '-id3v2_version', '0'];
    const format = encoder === 'mp2' ? ['-f', 'mp2'] : ['-f', 'mp3'];
    const out = encoder === 'mp2' ? options.slice(0, 4) : options;
    const { stdout } = ffmpeg(['-f', 'lavfi', '-i', source, ...out, ...format, 'pipe:1']);
    let frames = 0;
    let at = 0;
    for (; at + 4 <= stdout.length; frames++) {
      const header = parseMpegAudioHeader(stdout.subarray(at));
      assert.deepEqual(
        { ...header, byteLength: 0 },
        { layer, sampleRate: rate, channels, samplesPerFrame, byteLength: 0 },
      );
      at += header.byteLength;
    }
    assert.equal(at, stdout.length);
    assert.ok(frames * samplesPerFrame >= rate);
  });
}

test('parseMpegAudioHeader: layer 1 counts in slots of four bytes', () => {
  const header = parseMpegAudioHeader(Uint8Array.of(0xff, 0xff, 0xc2, 0xc0)); // 384 kbit/s, 44.1 kHz, padded
  assert.deepEqual([header.layer, header.samplesPerFrame, header.byteLength], [1, 384, 4 * (104 + 1)]);
  assert.equal(createMpegAudioTrack(1, header).clockRate, 44_100);
});

for (const { name, bytes } of [
  { name: 'no sync word', bytes: [0xff, 0x1b, 0x90, 0] },
  { name: 'too short', bytes: [0xff, 0xfb, 0x90] },
  { name: 'reserved version', bytes: [0xff, 0xeb, 0x90, 0] },
  { name: 'reserved layer', bytes: [0xff, 0xf9, 0x90, 0] },
  { name: 'reserved rate', bytes: [0xff, 0xfb, 0x9c, 0] },
  { name: 'free format', bytes: [0xff, 0xfb, 0x00, 0] },
  { name: 'bad bit rate', bytes: [0xff, 0xfb, 0xf0, 0] },
]) {
  test(`parseMpegAudioHeader refuses: ${name}`, () => {
    assert.throws(
      () => parseMpegAudioHeader(Uint8Array.from(bytes)),
      (error) => error instanceof ProtocolError && error.code === 'ERR_MPEG_AUDIO',
    );
  });
}

fuzz('parseMpegAudioHeader', [Uint8Array.of(0xff, 0xfb, 0x90, 0x64)], parseMpegAudioHeader, 20_000);
