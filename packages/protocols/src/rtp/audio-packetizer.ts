import type { Track } from '@vedette/media';
import type { BurstWriter } from './burst.ts';

/** Opus (RFC 7587 §4.2): a packet of the codec is the payload; it cannot be cut. */
export function writeOpus(parts: readonly Uint8Array[], writer: BurstWriter): void {
  for (const part of parts) {
    writer.startPacket();
    writer.append(part);
  }
}

/** G.711 (RFC 3551 §4.5.14): any run of samples is a payload. */
export function writeG711(parts: readonly Uint8Array[], writer: BurstWriter, track: Track): void {
  const channels = track.kind === 'audio' ? track.channels : 1;
  const share = writer.maxPayloadLength - (writer.maxPayloadLength % channels);
  let written = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += share) {
      const run = part.subarray(at, at + share);
      writer.startPacket(written / channels);
      writer.append(run);
      written += run.length;
    }
  }
}
