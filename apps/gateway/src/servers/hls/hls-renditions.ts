import { ProtocolError } from '@vedette/media';
import type { Variant } from '@vedette/protocols';
import type { Stream } from '../../stream/stream.ts';
import type { Rung } from '../../transcode/ladder.ts';

/** The versions of a camera that HLS shows. */
export interface HlsRenditions {
  /**
   * The camera's stream as HLS can carry it, in a quality: `source`, a rung's name or a preset.
   *
   * @throws {ProtocolError} `ERR_QUALITY_UNKNOWN`.
   */
  fit(stream: Stream, quality: string): Stream;
  /** Best first, the source included. */
  ladder(stream: Stream): readonly Rung[];
}

/** The stream as the camera sends it. */
export const SOURCE_RENDITION = 'source';

const SUB_RENDITION = 'sub';
/** Names of one codec that differ only in where its parameters are. */
const FAMILIES: Readonly<Record<string, string>> = { avc3: 'avc1', hev1: 'hvc1' };

/** Every camera as it is, for programs without transcoding. */
export const NO_RENDITIONS: HlsRenditions = {
  fit: (stream, quality) => {
    if (quality === SOURCE_RENDITION) return stream;
    throw new ProtocolError('ERR_QUALITY_UNKNOWN', 'There is no such quality; there is source');
  },
  ladder: () => [],
};

/** The rungs that a player can change between: those of the codec that renditions are made in, where there are any. */
export function oneCodec(rungs: readonly Rung[]): readonly Rung[] {
  const made = rungs.find(({ name }) => name !== SOURCE_RENDITION && name !== SUB_RENDITION) ?? rungs[0];
  return rungs.filter(({ codec }) => made !== undefined && familyOf(codec) === familyOf(made.codec));
}

/** `avc1` and its like, of an RFC 6381 name. */
function familyOf(codec: string): string {
  const [family = ''] = codec.split('.');
  return FAMILIES[family] ?? family;
}

/** What a segment may exceed its rung's bit rate by: half a second of it, in a segment of two. */
const PEAK = 1.25;
/** Sound beside the pictures, bits a second. */
const SOUND_BIT_RATE = 128_000;

/**
 * A rung as a variant, before anything of it is made.
 *
 * @param source the variant of the source: the sound is the same.
 */
export function variantOfRung(rung: Rung, uri: string, source: Variant): Variant {
  const sound = source.codecs?.filter((codec) => codec.startsWith('mp4a.') || codec === 'opus') ?? [];
  const average = rung.bitrate + (sound.length > 0 ? SOUND_BIT_RATE : 0);
  const { width, height, frameRate } = rung;
  return {
    uri,
    bandwidth: Math.ceil(rung.bitrate * PEAK + average - rung.bitrate),
    averageBandwidth: average,
    codecs: [rung.codec, ...sound],
    resolution: { width, height },
    ...(frameRate === undefined ? {} : { frameRate }),
  };
}
