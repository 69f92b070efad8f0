import {
  createOpusTrack,
  splitAdts,
  type AacTrack,
  type AccessUnit,
  type AudioTrack,
  type Track,
} from '@vedette/media';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ffmpeg } from '../../../../../../packages/media/src/testing/ffmpeg.ts';
import {
  assembleUnits,
  mp4VideoStream,
  type VideoStream,
} from '../../../../../../packages/media/src/testing/video-stream.ts';

export interface FootageOptions {
  readonly seconds: number;
  readonly width?: number;
  readonly height?: number;
  readonly frameRate?: number;
  /** Pictures from one key picture to the next. */
  readonly gop?: number;
  readonly bitrate?: string;
  readonly bFrames?: number;
  readonly codec?: 'h264' | 'h265';
  readonly audio?: 'aac' | 'opus' | 'none';
}

/** A clip as a source would hand it over. */
export interface Footage {
  readonly tracks: readonly Track[];
  /** All tracks, in the order in which they would arrive. */
  readonly units: readonly AccessUnit[];
  /** The video alone, as decoders take it, and what ffmpeg calls that. */
  readonly raw: { readonly bytes: Uint8Array; readonly format: string };
  readonly seconds: number;
}

/** Makes a test picture with a tone. */
export function makeFootage(options: FootageOptions): Footage {
  const { seconds, codec = 'h264', audio = 'none' } = options;
  const video = encodeVideo(options);
  const units = assembleUnits(video);
  const track = units[0]?.track;
  if (track === undefined) throw new Error('the footage has no video');
  const sound = audio === 'none' ? undefined : makeAudio(audio, seconds);
  return {
    tracks: [track, ...(sound === undefined ? [] : [sound.track])],
    units: interleave(units, sound?.units ?? []),
    raw: { bytes: video.annexB, format: codec === 'h264' ? 'h264' : 'hevc' },
    seconds,
  };
}

function encodeVideo(options: FootageOptions): VideoStream {
  const { seconds, width = 640, height = 360, frameRate = 25, gop = 50, bitrate = '1M' } = options;
  const { codec = 'h264', bFrames = 0 } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-hls-'));
  const file = path.join(folder, 'video.mp4');
  try {
    ffmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${frameRate}`, '-t', String(seconds)],
      ...['-c:v', codec === 'h264' ? 'libx264' : 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
      ...(codec === 'h265' ? ['-x265-params', `log-level=error:scenecut=0:bframes=${bFrames}`] : []),
      ...['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0', '-bf', String(bFrames)],
      ...[
        '-b:v',
        bitrate,
        '-tag:v',
        codec === 'h264' ? 'avc1' : 'hvc1',
        '-video_track_timescale',
        '90000',
        file,
      ],
    ]);
    return mp4VideoStream(file, codec);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function makeAudio(codec: 'aac' | 'opus', seconds: number): { track: AudioTrack; units: AccessUnit[] } {
  const input = [
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=48000',
    '-t',
    String(seconds),
    '-ac',
    '2',
  ];
  if (codec === 'aac') {
    const { stdout } = ffmpeg([...input, '-c:a', 'aac', '-b:a', '96k', '-f', 'adts', 'pipe:1']);
    const frames = splitAdts(new Uint8Array(stdout));
    // AAC LC, 48 kHz, stereo.
    const config = Uint8Array.of(0x11, 0x90);
    const track: AacTrack = {
      id: 1,
      kind: 'audio',
      codec: 'aac',
      clockRate: 48_000,
      sampleRate: 48_000,
      channels: 2,
      config,
    };
    return { track, units: frames.map(({ data }, i) => audioUnit(track, i * 1024, data)) };
  }
  const { stdout } = ffmpeg([...input, '-c:a', 'libopus', '-b:a', '64k', '-f', 'ogg', 'pipe:1']);
  const track = createOpusTrack(1, 2);
  const packets = oggPackets(new Uint8Array(stdout)).slice(2); // without OpusHead and OpusTags
  return { track, units: packets.map((data, i) => audioUnit(track, i * 960, data)) };
}

function audioUnit(track: AudioTrack, pts: number, data: Uint8Array): AccessUnit {
  return {
    track,
    pts,
    dts: pts,
    isRandomAccess: true,
    data: [data],
    byteLength: data.length,
    wallClockMs: Number.NaN,
  };
}

/** Packets of an Ogg stream (RFC 3533 §6). */
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

/** By decoding time, as a camera sends. */
function interleave(video: readonly AccessUnit[], audio: readonly AccessUnit[]): AccessUnit[] {
  const seconds = ({ dts, track }: AccessUnit): number => dts / track.clockRate;
  return [...video, ...audio].sort((a, b) => seconds(a) - seconds(b));
}
