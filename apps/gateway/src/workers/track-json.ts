import { type AudioTrack, ProtocolError, type Track, type VideoParameters } from '@vedette/media';

/** Tracks of one stream. */
const MAX_TRACKS = 64;
/** Parameter sets of one kind. */
const MAX_SETS = 64;
/** One parameter set or configuration as base64, in characters. */
const MAX_BASE64 = 64 * 1024;

/** Tracks as plain JSON values; parameter sets and configurations are base64. */
export function serializeTracks(list: readonly Track[]): unknown {
  return list.map((track) => {
    switch (track.codec) {
      case 'h264':
        return { ...track, sps: track.sps.map(toBase64), pps: track.pps.map(toBase64) };
      case 'h265': {
        const { vps, sps, pps } = track;
        return { ...track, vps: vps.map(toBase64), sps: sps.map(toBase64), pps: pps.map(toBase64) };
      }
      case 'aac':
      case 'av1':
        return { ...track, config: toBase64(track.config) };
      default:
        return track;
    }
  });
}

/**
 * The tracks that `serializeTracks` wrote. By hand and not by a schema library, which would be half of
 * what a worker loads to start.
 *
 * @throws {ProtocolError} these are not tracks.
 */
export function parseTracks(value: unknown): readonly Track[] {
  if (!Array.isArray(value) || value.length > MAX_TRACKS) throw invalid('tracks');
  return value.map((item) => parseTrack(new Fields(item)));
}

function parseTrack(fields: Fields): Track {
  const codec = fields.text('codec');
  const base = { id: fields.whole('id', 0), clockRate: fields.whole('clockRate', 1) };
  if (codec === 'h264') {
    const sets = { sps: fields.byteStrings('sps'), pps: fields.byteStrings('pps') };
    return { ...base, kind: 'video', codec, ...sets, video: parseVideo(fields.fields('video')) };
  }
  if (codec === 'h265') {
    const sets = {
      vps: fields.byteStrings('vps'),
      sps: fields.byteStrings('sps'),
      pps: fields.byteStrings('pps'),
    };
    return { ...base, kind: 'video', codec, ...sets, video: parseVideo(fields.fields('video')) };
  }
  if (codec === 'av1') {
    const video = parseVideo(fields.fields('video'));
    return { ...base, kind: 'video', codec, config: fields.bytes('config'), video };
  }
  if (codec === 'vp8' || codec === 'vp9' || codec === 'mjpeg') {
    return { ...base, kind: 'video', codec, video: parseVideo(fields.fields('video')) };
  }
  return parseAudioTrack(fields, base, codec);
}

function parseAudioTrack(fields: Fields, base: { id: number; clockRate: number }, codec: string): AudioTrack {
  const channels = fields.whole('channels', 1);
  if (codec === 'opus') return { ...base, kind: 'audio', codec, sampleRate: 48_000, channels };
  const sampleRate = fields.whole('sampleRate', 1);
  if (codec === 'aac')
    return { ...base, kind: 'audio', codec, config: fields.bytes('config'), sampleRate, channels };
  if (codec === 'pcmu' || codec === 'pcma') return { ...base, kind: 'audio', codec, sampleRate, channels };
  if (codec === 'mpa')
    return {
      ...base,
      kind: 'audio',
      codec,
      layer: parseLayer(fields.whole('layer', 1)),
      sampleRate,
      channels,
    };
  throw invalid('codec');
}

function parseLayer(layer: number): 1 | 2 | 3 {
  if (layer === 1 || layer === 2 || layer === 3) return layer;
  throw invalid('layer');
}

function parseVideo(fields: Fields): VideoParameters {
  return {
    codecString: fields.text('codecString'),
    profile: fields.text('profile'),
    level: fields.text('level'),
    width: fields.whole('width', 1),
    height: fields.whole('height', 1),
    frameRate: fields.optionalNumber('frameRate'),
    reorderDepth: fields.whole('reorderDepth', 0),
  };
}

/** The fields of a JSON object, each read as what it has to be. */
class Fields {
  readonly #values: Record<string, unknown>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw invalid('object');
    this.#values = value as Record<string, unknown>;
  }

  whole(name: string, min: number): number {
    const value = this.#values[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value;
    throw invalid(name);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined || typeof value === 'number') return value;
    throw invalid(name);
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw invalid(name);
  }

  bytes(name: string): Uint8Array {
    return toBytes(this.#values[name], name);
  }

  byteStrings(name: string): Uint8Array[] {
    const value = this.#values[name];
    if (!Array.isArray(value) || value.length > MAX_SETS) throw invalid(name);
    return value.map((item) => toBytes(item, name));
  }

  fields(name: string): Fields {
    return new Fields(this.#values[name]);
  }
}

function toBytes(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'string' || value.length > MAX_BASE64) throw invalid(name);
  return Buffer.from(value, 'base64');
}

function toBase64(part: Uint8Array): string {
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('ERR_LINK_TRACKS', `tracks with a bad ${what}`);
}
