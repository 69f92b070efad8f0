import { ProtocolError } from '../../errors.ts';

/** What an `mp4a` entry holds. */
export type AudioObject =
  | { readonly format: 'aac'; readonly config: Uint8Array }
  | { readonly format: 'mpa' }
  | { readonly format: 'other'; readonly name: string };

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;
/** objectTypeIndication (ISO 14496-1 table 5): MPEG-4 audio; MPEG-2 AAC Main, LC, SSR; MPEG-2 and MPEG-1 audio. */
const AAC: readonly number[] = [0x40, 0x66, 0x67, 0x68];
const MPEG_AUDIO: readonly number[] = [0x69, 0x6b];

/**
 * Reads the payload of an `esds` box (ISO 14496-14 §5.6, ISO 14496-1 §7.2.6).
 *
 * @throws {ProtocolError} `ERR_MP4_ESDS`.
 */
export function audioObject(esds: Uint8Array): AudioObject {
  const stream = descriptor(esds.subarray(4), ES_DESCRIPTOR);
  const flags = stream[2] ?? 0;
  let skipped = 3;
  if ((flags & 0x80) !== 0) skipped += 2; // dependsOn_ES_ID
  if ((flags & 0x40) !== 0) skipped += 1 + (stream[skipped] ?? 0); // URL
  if ((flags & 0x20) !== 0) skipped += 2; // OCR_ES_Id
  const decoder = descriptor(stream.subarray(skipped), DECODER_CONFIG);
  const object = decoder[0] ?? 0;
  if (MPEG_AUDIO.includes(object)) return { format: 'mpa' };
  if (!AAC.includes(object))
    return { format: 'other', name: `sound of MPEG-4 type 0x${object.toString(16)}` };
  return { format: 'aac', config: descriptor(decoder.subarray(13), DECODER_SPECIFIC) };
}

/** What is in the descriptor at the beginning of `bytes`, which has to be of this tag. */
function descriptor(bytes: Uint8Array, tag: number): Uint8Array {
  let at = 1;
  let size = 0;
  let byte = 0x80;
  for (; at <= 4 && (byte & 0x80) !== 0; at++) {
    byte = bytes[at] ?? 0;
    size = (size << 7) | (byte & 0x7f);
  }
  if (bytes[0] !== tag || at + size > bytes.length) {
    throw new ProtocolError('ERR_MP4_ESDS', `Bad esds: no whole descriptor of tag ${tag}`);
  }
  return bytes.subarray(at, at + size);
}
