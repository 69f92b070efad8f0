import { ProtocolError } from '../../errors.ts';

/** Video that an FLV tag can carry here, as the tracks call it. */
export type FlvVideoCodec = 'h264' | 'h265' | 'av1' | 'vp9' | 'vp8';
/** Audio that an FLV tag can carry here, as the tracks call it. */
export type FlvAudioCodec = 'aac' | 'mpa' | 'pcma' | 'pcmu' | 'opus';

/** FourCCs of Enhanced RTMP (v2, "Enhanced Video" and "Enhanced Audio") and what they mean here. */
const VIDEO_BY_FOURCC: Readonly<Record<string, FlvVideoCodec>> = {
  avc1: 'h264',
  hvc1: 'h265',
  av01: 'av1',
  vp09: 'vp9',
  vp08: 'vp8',
};
const AUDIO_BY_FOURCC: Readonly<Record<string, FlvAudioCodec>> = {
  mp4a: 'aac',
  Opus: 'opus',
  '.mp3': 'mpa',
};

/** CodecID of the FLV specification (10.1, §E.4.3.1); 12 is what encoders in China use for H.265. */
const VIDEO_BY_ID: Readonly<Record<number, FlvVideoCodec>> = { 7: 'h264', 12: 'h265' };
const VIDEO_NAMES: Readonly<Record<number, string>> = {
  1: 'JPEG',
  2: 'Sorenson H.263',
  3: 'Screen Video',
  4: 'VP6',
  5: 'VP6 with alpha',
  6: 'Screen Video 2',
  8: 'H.263',
  9: 'MPEG-4 Part 2',
};

/** SoundFormat of the FLV specification (10.1, §E.4.2.1). */
const AUDIO_BY_ID: Readonly<Record<number, FlvAudioCodec>> = {
  2: 'mpa',
  7: 'pcma',
  8: 'pcmu',
  10: 'aac',
  14: 'mpa',
};
const AUDIO_NAMES: Readonly<Record<number, string>> = {
  0: 'PCM',
  1: 'ADPCM',
  3: 'PCM',
  4: 'Nellymoser',
  5: 'Nellymoser',
  6: 'Nellymoser',
  11: 'Speex',
  15: 'device-specific sound',
};

/** @throws {ProtocolError} `ERR_FLV_CODEC`, naming the codec. */
export function videoCodecById(id: number): FlvVideoCodec {
  const codec = VIDEO_BY_ID[id];
  if (codec === undefined) throw unusable(VIDEO_NAMES[id] ?? `video codec ${id}`, 'H.264 or H.265');
  return codec;
}

/** @throws {ProtocolError} `ERR_FLV_CODEC`, naming the codec. */
export function videoCodecByFourCc(fourCc: string): FlvVideoCodec {
  const codec = VIDEO_BY_FOURCC[fourCc];
  if (codec === undefined) throw unusable(printable(fourCc), 'H.264 or H.265');
  return codec;
}

/** @throws {ProtocolError} `ERR_FLV_CODEC`, naming the codec. */
export function audioCodecById(id: number): FlvAudioCodec {
  const codec = AUDIO_BY_ID[id];
  if (codec === undefined) throw unusable(AUDIO_NAMES[id] ?? `audio codec ${id}`, 'AAC');
  return codec;
}

/** @throws {ProtocolError} `ERR_FLV_CODEC`, naming the codec. */
export function audioCodecByFourCc(fourCc: string): FlvAudioCodec {
  const codec = AUDIO_BY_FOURCC[fourCc];
  if (codec === undefined) throw unusable(printable(fourCc), 'AAC');
  return codec;
}

function printable(fourCc: string): string {
  return `"${fourCc.replace(/[^\x20-\x7e]/g, '?')}"`;
}

function unusable(name: string, instead: string): ProtocolError {
  return new ProtocolError('ERR_FLV_CODEC', `${name} cannot be taken: set the encoder to ${instead}`);
}
