import {
  type AccessUnit,
  createAacTrack,
  createG711Track,
  createMpegAudioTrack,
  createOpusTrack,
  encodeG711,
  type G711Track,
  parseMpegAudioHeader,
  serializeAudioSpecificConfig,
  splitAdts,
  type Track,
} from '@vedette/media';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';

export const SOUND_SECONDS = 3;
/** Where the sound begins in the stream's time; not at zero, as in life. */
export const START_MS = 2000;
/** Beeps of 100 ms, after the sound began. */
export const BEEPS_MS = [500, 1500, 2250];
/** An AAC encoder puts 1024 samples in front, for which the times make up. */
const AAC_PRIMING = 1024;
/** What libopus looks ahead, which a player that knows leaves out. */
const OPUS_PRE_SKIP = 312;

/** The test's sound: beeps in silence. */
function beeps(sampleRate: number, channels: number): Int16Array {
  const samples = new Int16Array(SOUND_SECONDS * sampleRate * channels);
  for (const beepMs of BEEPS_MS) {
    for (let sample = 0; sample < sampleRate / 10; sample++) {
      const at = ((beepMs * sampleRate) / 1000 + sample) * channels;
      samples.fill(
        Math.round(12_000 * Math.cos((2 * Math.PI * 1000 * sample) / sampleRate)),
        at,
        at + channels,
      );
    }
  }
  return samples;
}

export function unitsOf(
  track: Track,
  frames: readonly Uint8Array[],
  ticksPerFrame: number,
  startTicks: number,
): AccessUnit[] {
  return frames.map((frame, index) => {
    const pts = startTicks + index * ticksPerFrame;
    const byteLength = frame.length;
    return { track, pts, dts: pts, isRandomAccess: true, data: [frame], byteLength, wallClockMs: Number.NaN };
  });
}

export function g711Beeps(codec: G711Track['codec'], sampleRate: number, channels: number): AccessUnit[] {
  const track = createG711Track(0, codec, sampleRate, channels);
  const bytes = encodeG711(codec, beeps(sampleRate, channels));
  const ticks = sampleRate / 50;
  const frames = Array.from({ length: SOUND_SECONDS * 50 }, (_, index) =>
    bytes.subarray(index * ticks * channels, (index + 1) * ticks * channels),
  );
  return unitsOf(track, frames, ticks, (START_MS * sampleRate) / 1000);
}

function encode(sampleRate: number, channels: number, output: readonly string[]): Buffer {
  const input = ['-f', 's16le', '-ar', `${sampleRate}`, '-ac', `${channels}`, '-i', 'pipe:0'];
  return ffmpeg([...input, ...output, 'pipe:1'], Buffer.from(beeps(sampleRate, channels).buffer)).stdout;
}

export function aacBeeps(sampleRate: number, channels: number): AccessUnit[] {
  const frames = splitAdts(encode(sampleRate, channels, ['-c:a', 'aac', '-f', 'adts']));
  const [first] = frames;
  if (first === undefined) throw new Error('no AAC');
  const track = createAacTrack(0, serializeAudioSpecificConfig(first.config));
  const start = (START_MS * sampleRate) / 1000 - AAC_PRIMING;
  return unitsOf(
    track,
    frames.map(({ data }) => data),
    1024,
    start,
  );
}

/** MPEG audio, layer 2, which looks 481 samples ahead. */
export function mp2Beeps(sampleRate: number, channels: 1 | 2): AccessUnit[] {
  const bytes = encode(sampleRate, channels, ['-c:a', 'mp2', '-b:a', '128k', '-f', 'mp2']);
  const size = Math.floor((144 * 128_000) / sampleRate);
  const frames = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const track = createMpegAudioTrack(0, parseMpegAudioHeader(bytes));
  return unitsOf(track, frames, 1152, (START_MS * sampleRate) / 1000 - 481);
}

export function opusBeeps(channels: number): AccessUnit[] {
  const bytes = encode(48_000, channels, ['-c:a', 'libopus', '-b:a', '96k', '-f', 'ogg']);
  const start = (START_MS * 48_000) / 1000 - OPUS_PRE_SKIP;
  return unitsOf(createOpusTrack(0, channels), oggPackets(bytes).slice(2), 960, start);
}

/** Packets of an Ogg stream (RFC 3533 §6), the two of the head included. */
function oggPackets(bytes: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (let offset = 0; offset + 27 <= bytes.length;) {
    const count = bytes[offset + 26] ?? 0;
    const lacing = bytes.subarray(offset + 27, offset + 27 + count);
    offset += 27 + count;
    for (const length of lacing) {
      pieces.push(bytes.subarray(offset, offset + length));
      offset += length;
      if (length === 255) continue;
      packets.push(new Uint8Array(Buffer.concat(pieces)));
      pieces = [];
    }
  }
  return packets;
}
