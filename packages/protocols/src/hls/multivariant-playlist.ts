import { ProtocolError } from '@vedette/media';
import { AttributeList } from './attribute-list.ts';
import { HLS_LIMITS } from './limits.ts';
import { parseDecimalInteger } from './numbers.ts';

/** One way to play the presentation (`EXT-X-STREAM-INF`). */
export interface Variant {
  readonly uri: string;
  /** Peak segment bit rate, bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth?: number | undefined;
  /** RFC 6381 names of every format in it. */
  readonly codecs?: readonly string[] | undefined;
  readonly resolution?: { readonly width: number; readonly height: number } | undefined;
  /** Frames per second, to three decimals. */
  readonly frameRate?: number | undefined;
  /** Group of `EXT-X-MEDIA` renditions that go with it. */
  readonly audio?: string | undefined;
}

/** An alternative of one medium (`EXT-X-MEDIA`). */
export interface Rendition {
  readonly type: string;
  readonly groupId: string;
  readonly name: string;
  /** Absent where the medium is in the variant itself. */
  readonly uri?: string | undefined;
  readonly language?: string | undefined;
  readonly channels?: string | undefined;
  readonly isDefault: boolean;
  readonly isAutoselect: boolean;
}

/** A multivariant ("master") playlist (RFC 8216bis §4.4.6). */
export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly version: number;
  readonly hasIndependentSegments: boolean;
  readonly variants: readonly Variant[];
  readonly renditions: readonly Rendition[];
}

export function serializeMultivariantPlaylist(playlist: MultivariantPlaylist): string {
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${playlist.version}`];
  if (playlist.hasIndependentSegments) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  for (const rendition of playlist.renditions) lines.push(renditionLine(rendition));
  for (const variant of playlist.variants) lines.push(variantLine(variant), variant.uri);
  lines.push('');
  return lines.join('\n');
}

function renditionLine(rendition: Rendition): string {
  let line = `#EXT-X-MEDIA:TYPE=${rendition.type},GROUP-ID="${rendition.groupId}",NAME="${rendition.name}"`;
  if (rendition.language !== undefined) line += `,LANGUAGE="${rendition.language}"`;
  if (rendition.isDefault) line += ',DEFAULT=YES';
  if (rendition.isAutoselect) line += ',AUTOSELECT=YES';
  if (rendition.channels !== undefined) line += `,CHANNELS="${rendition.channels}"`;
  if (rendition.uri !== undefined) line += `,URI="${rendition.uri}"`;
  return line;
}

function variantLine(variant: Variant): string {
  let line = `#EXT-X-STREAM-INF:BANDWIDTH=${variant.bandwidth}`;
  if (variant.averageBandwidth !== undefined) line += `,AVERAGE-BANDWIDTH=${variant.averageBandwidth}`;
  if (variant.codecs !== undefined) line += `,CODECS="${variant.codecs.join(',')}"`;
  if (variant.resolution !== undefined) {
    line += `,RESOLUTION=${variant.resolution.width}x${variant.resolution.height}`;
  }
  if (variant.frameRate !== undefined) line += `,FRAME-RATE=${Number(variant.frameRate.toFixed(3))}`;
  if (variant.audio !== undefined) line += `,AUDIO="${variant.audio}"`;
  return line;
}

/**
 * Reads the lines of a multivariant playlist.
 *
 * @internal Callers use `parsePlaylist`.
 * @throws {ProtocolError} `ERR_HLS_…`.
 */
export function parseMultivariantPlaylist(lines: readonly string[]): MultivariantPlaylist {
  const variants: Variant[] = [];
  const renditions: Rendition[] = [];
  let version = 1;
  let hasIndependentSegments = false;
  let pending: AttributeList | undefined;
  for (const line of lines) {
    if (variants.length + renditions.length > HLS_LIMITS.variants)
      throw broken('there are too many variants');
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).trim();
    switch (line.startsWith('#') && colon !== -1 ? line.slice(0, colon) : line) {
      case '#EXT-X-VERSION':
        version = parseDecimalInteger(value, 'EXT-X-VERSION');
        break;
      case '#EXT-X-INDEPENDENT-SEGMENTS':
        hasIndependentSegments = true;
        break;
      case '#EXT-X-MEDIA':
        renditions.push(parseRendition(new AttributeList('EXT-X-MEDIA', value)));
        break;
      case '#EXT-X-STREAM-INF':
        pending = new AttributeList('EXT-X-STREAM-INF', value);
        break;
      default:
        if (line.startsWith('#')) break;
        if (pending === undefined) throw broken('a variant has no EXT-X-STREAM-INF');
        variants.push(parseVariant(pending, line));
        pending = undefined;
    }
  }
  if (variants.length === 0) throw broken('there is no variant');
  return { kind: 'multivariant', version, hasIndependentSegments, variants, renditions };
}

function parseVariant(attributes: AttributeList, uri: string): Variant {
  const averageBandwidth = attributes.integer('AVERAGE-BANDWIDTH');
  const codecs = attributes.text('CODECS');
  const resolution = attributes.text('RESOLUTION');
  const frameRate = attributes.float('FRAME-RATE');
  const audio = attributes.text('AUDIO');
  return {
    uri,
    bandwidth: attributes.requiredInteger('BANDWIDTH'),
    ...(averageBandwidth === undefined ? {} : { averageBandwidth }),
    ...(codecs === undefined ? {} : { codecs: codecs.split(',').map((codec) => codec.trim()) }),
    ...(resolution === undefined ? {} : { resolution: parseResolution(resolution) }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(audio === undefined ? {} : { audio }),
  };
}

function parseRendition(attributes: AttributeList): Rendition {
  const uri = attributes.text('URI');
  const language = attributes.text('LANGUAGE');
  const channels = attributes.text('CHANNELS');
  return {
    type: attributes.required('TYPE'),
    groupId: attributes.required('GROUP-ID'),
    name: attributes.required('NAME'),
    ...(uri === undefined ? {} : { uri }),
    ...(language === undefined ? {} : { language }),
    ...(channels === undefined ? {} : { channels }),
    isDefault: attributes.yes('DEFAULT'),
    isAutoselect: attributes.yes('AUTOSELECT'),
  };
}

function parseResolution(text: string): { width: number; height: number } {
  const [width = '', height = '', ...rest] = text.split('x');
  if (rest.length > 0) throw broken('RESOLUTION has more than two numbers');
  return {
    width: parseDecimalInteger(width, 'RESOLUTION'),
    height: parseDecimalInteger(height, 'RESOLUTION'),
  };
}

function broken(problem: string): ProtocolError {
  return new ProtocolError('ERR_HLS_PLAYLIST', `the multivariant playlist is broken: ${problem}`);
}
