import type { AccessUnit } from '../../access-unit.ts';
import { createAacTrack } from '../../codecs/aac.ts';
import { av1TrackFromConfig } from '../../codecs/av1/av1-track.ts';
import { parseAvcDecoderConfiguration } from '../../codecs/h264/avc-configuration.ts';
import { parseHevcDecoderConfiguration } from '../../codecs/h265/parse-hevc-configuration.ts';
import { createMpegAudioTrack, parseMpegAudioHeader } from '../../codecs/mpeg-audio.ts';
import { splitLengthPrefixed } from '../../codecs/nal-units.ts';
import { createOpusTrack } from '../../codecs/opus.ts';
import { ProtocolError } from '../../errors.ts';
import { FrameAssembler } from '../../frame-assembler.ts';
import { sameTrack } from '../../same-track.ts';
import type { AudioTrack, MpegAudioTrack, NalTrack, Track } from '../../track.ts';
import { createVideoAssembler } from '../../video-assembler.ts';
import { ContainerDts } from '../container-dts.ts';
import { findBox, type Box } from './box-reader.ts';
import { audioObject } from './elementary-stream-descriptor.ts';
import type { MovieTrack } from './movie.ts';

/** Ticks per second of video, whatever the file's timescale: RTP knows no other. */
const VIDEO_CLOCK_RATE = 90_000;

/** Makes access units of one track's samples. */
export interface SampleCodec {
  readonly kind: Track['kind'];
  /** Of the units' times. */
  readonly clockRate: number;
  /**
   * @param dts ticks of `clockRate`; so is `pts`.
   * @returns `undefined` where there is nothing to pass on.
   * @throws {ProtocolError} the sample is bad.
   */
  read(sample: Uint8Array, pts: number, dts: number): AccessUnit | undefined;
}

/**
 * How to read the track's samples; a text that names it where it cannot be carried on.
 *
 * @throws {ProtocolError} its configuration is bad.
 */
export function sampleCodec({ handler, sampleEntry }: MovieTrack): SampleCodec | string {
  switch (sampleEntry?.type) {
    case 'avc1':
    case 'avc3': {
      const { lengthSize, sps, pps } = parseAvcDecoderConfiguration(configuration(sampleEntry, 'avcC'));
      return nalCodec('h264', lengthSize, [...sps, ...pps]);
    }
    case 'hvc1':
    case 'hev1': {
      const { lengthSize, nals } = parseHevcDecoderConfiguration(configuration(sampleEntry, 'hvcC'));
      return nalCodec('h265', lengthSize, nals);
    }
    case 'av01':
    case 'vp08':
    case 'vp09':
      return frameCodec(sampleEntry);
    case 'mp4a':
      return mp4aCodec(sampleEntry);
    case 'Opus':
      // dOps: version, channels, …
      return audioCodec(createOpusTrack(0, configuration(sampleEntry, 'dOps')[1] ?? 0));
    default:
      return otherName(handler, sampleEntry);
  }
}

function nalCodec(codec: NalTrack['codec'], lengthSize: number, sets: readonly Uint8Array[]): SampleCodec {
  const assembler = createVideoAssembler(codec, 0, VIDEO_CLOCK_RATE, sets);
  const times = new ContainerDts();
  return {
    kind: 'video',
    clockRate: VIDEO_CLOCK_RATE,
    read: (sample, pts, dts) => {
      const unit = assembler.push(splitLengthPrefixed(sample, lengthSize), pts);
      return unit && times.apply(unit, pts, dts);
    },
  };
}

function frameCodec(entry: Box): SampleCodec {
  const codec = entry.type === 'av01' ? 'av1' : entry.type === 'vp09' ? 'vp9' : 'vp8';
  const announced =
    codec === 'av1' ? av1TrackFromConfig(0, VIDEO_CLOCK_RATE, configuration(entry, 'av1C')) : undefined;
  const assembler = new FrameAssembler(codec, 0, VIDEO_CLOCK_RATE, announced);
  return {
    kind: 'video',
    clockRate: VIDEO_CLOCK_RATE,
    read: (sample, pts) => assembler.push([sample], pts),
  };
}

function mp4aCodec(entry: Box): SampleCodec | string {
  const object = audioObject(configuration(entry, 'esds'));
  if (object.format === 'mpa') return mpegAudioCodec(entry);
  return object.format === 'aac' ? audioCodec(createAacTrack(0, object.config)) : object.name;
}

function audioCodec(track: AudioTrack): SampleCodec {
  return {
    kind: 'audio',
    clockRate: track.clockRate,
    read: (sample, pts) => soundUnit(track, sample, pts),
  };
}

/** The file says its sample rate only, each frame all the rest. */
function mpegAudioCodec({ payload }: Box): SampleCodec {
  // AudioSampleEntry: the rate is 16.16 at byte 24.
  const clockRate = ((payload[24] ?? 0) << 8) | (payload[25] ?? 0);
  let track: MpegAudioTrack | undefined;
  return {
    kind: 'audio',
    clockRate,
    read: (sample, pts) => {
      const next = createMpegAudioTrack(0, parseMpegAudioHeader(sample));
      if (next.clockRate !== clockRate)
        throw new ProtocolError('ERR_MPEG_AUDIO', 'MPEG audio has another sample rate than its file says');
      if (track === undefined || !sameTrack(track, next)) track = next;
      return soundUnit(track, sample, pts);
    },
  };
}

function soundUnit(track: AudioTrack, sample: Uint8Array, pts: number): AccessUnit | undefined {
  if (sample.length === 0) return undefined;
  return {
    track,
    pts,
    dts: pts,
    isRandomAccess: true,
    data: [sample],
    byteLength: sample.length,
    wallClockMs: Number.NaN,
  };
}

function configuration(entry: Box, type: string): Uint8Array {
  const box = findBox(entry.children, [type]);
  if (box === undefined)
    throw new ProtocolError('ERR_MP4_MOVIE', `Bad MP4 movie: ${entry.type} without ${type}`);
  return box.payload;
}

function otherName(handler: string, entry: Box | undefined): string {
  const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'sound' : 'data';
  if (entry?.type === 'encv' || entry?.type === 'enca') return `encrypted ${kind}`;
  return `${kind} "${(entry?.type ?? handler).replaceAll(/[^\x20-\x7e]/g, '?')}"`;
}
