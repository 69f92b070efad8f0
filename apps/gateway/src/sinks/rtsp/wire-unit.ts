import type { AccessUnit } from '@vedette/media';
import { burstPacket, burstPacketCount, type RtpBurst } from '@vedette/protocols';

/**
 * One access unit as it goes over the wire: made once per stream, shared by every viewer, never
 * written to after it was made.
 */
export class WireUnit {
  readonly trackId: number;
  readonly isVideo: boolean;
  readonly isRandomAccess: boolean;
  /** Presentation time on the stream's own time line, in milliseconds. */
  readonly streamMs: number;
  /** Interleaved frames back to back (RFC 2326 §10.12), on the track's customary channel. */
  readonly bytes: Buffer;
  readonly firstSequenceNumber: number;
  readonly #burst: RtpBurst;
  #packets: readonly Buffer[] | undefined;

  constructor(unit: AccessUnit, burst: RtpBurst) {
    const { track } = unit;
    this.trackId = track.id;
    this.isVideo = track.kind === 'video';
    this.isRandomAccess = unit.isRandomAccess;
    this.streamMs = (unit.pts * 1000) / track.clockRate;
    // A socket would wrap a plain Uint8Array in a Buffer of its own at each write: once here instead.
    this.bytes = toBuffer(burst.bytes);
    this.firstSequenceNumber = burst.firstSequenceNumber;
    this.#burst = burst;
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  /** The RTP packets as views of `bytes`, for UDP; cut when the first viewer asks, then shared. */
  get packets(): readonly Buffer[] {
    this.#packets ??= Array.from({ length: burstPacketCount(this.#burst) }, (_, index) =>
      toBuffer(burstPacket(this.#burst, index)),
    );
    return this.#packets;
  }

  /** A copy of `bytes` on another interleaved channel, for a viewer with a numbering of its own. */
  onChannel(channel: number): Buffer {
    const copy = Buffer.from(this.bytes);
    const { offsets } = this.#burst;
    for (let index = 0; index < offsets.length - 1; index += 1) copy[(offsets[index] ?? 0) + 1] = channel;
    return copy;
  }
}

function toBuffer(bytes: Uint8Array<ArrayBuffer>): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
