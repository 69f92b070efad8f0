import type { ElementaryStream } from './psi.ts';
import { findDescriptor } from './psi.ts';

/** What an elementary stream holds, as far as it can be carried on. */
export type ElementaryCodec =
  | { readonly kind: 'video'; readonly codec: 'h264' | 'h265' }
  | { readonly kind: 'audio'; readonly codec: 'adts' | 'latm' | 'mpa' }
  | { readonly kind: 'audio'; readonly codec: 'opus'; readonly channels: number };

const REGISTRATION = 0x05;
const EXTENSION = 0x7f;
const OPUS_EXTENSION = 0x80;
const PRIVATE_DATA = 0x06;

/** Stream types (ISO 13818-1 table 2-34; ATSC and Blu-ray from 0x80 on) that are known and not carried on. */
const OTHERS: Readonly<Record<number, string>> = {
  0x01: 'MPEG-1 video',
  0x02: 'MPEG-2 video',
  0x10: 'MPEG-4 part 2 video',
  0x15: 'metadata',
  0x1c: 'MPEG-4 audio without headers',
  0x21: 'JPEG 2000',
  0x33: 'H.266 video',
  0x81: 'AC-3 sound',
  0x82: 'DTS sound',
  0x86: 'SCTE-35 marks',
  0x87: 'E-AC-3 sound',
};

const DVB_DATA: ReadonlyMap<number, string> = new Map([
  [0x59, 'subtitles'],
  [0x6a, 'AC-3 sound'],
  [0x7a, 'E-AC-3 sound'],
]);

/** The codec of an elementary stream; a text that names it where it cannot be carried on. */
export function elementaryCodec({ streamType, descriptors }: ElementaryStream): ElementaryCodec | string {
  switch (streamType) {
    case 0x1b:
      return { kind: 'video', codec: 'h264' };
    case 0x24:
      return { kind: 'video', codec: 'h265' };
    case 0x0f:
      return { kind: 'audio', codec: 'adts' };
    case 0x11:
      return { kind: 'audio', codec: 'latm' };
    case 0x03:
    case 0x04:
      return { kind: 'audio', codec: 'mpa' };
    case PRIVATE_DATA:
      return privateCodec(descriptors);
    default:
      return OTHERS[streamType] ?? `stream type 0x${streamType.toString(16).padStart(2, '0')}`;
  }
}

function privateCodec(descriptors: Uint8Array): ElementaryCodec | string {
  const registration = findDescriptor(descriptors, REGISTRATION);
  const format = registration === undefined ? '' : String.fromCharCode(...registration.subarray(0, 4));
  if (format === 'HEVC') return { kind: 'video', codec: 'h265' };
  if (format === 'Opus') return opusCodec(descriptors);
  // Descriptors of DVB (ETSI EN 300 468 table 12).
  const dvb = [...DVB_DATA].find(([tag]) => findDescriptor(descriptors, tag) !== undefined);
  if (dvb !== undefined) return dvb[1];
  return format === '' ? 'private data' : `private data "${printable(format)}"`;
}

function opusCodec(descriptors: Uint8Array): ElementaryCodec | string {
  const config = findDescriptor(descriptors, EXTENSION, ([tag]) => tag === OPUS_EXTENSION)?.[1] ?? 2;
  // channel_config_code 1 to 8: that many channels in Vorbis' order. 0 is dual mono, the rest is not in use.
  const channels = config === 0 ? 2 : config;
  if (channels > 8) return `Opus sound with channel layout ${channels}`;
  return { kind: 'audio', codec: 'opus', channels };
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?');
}
