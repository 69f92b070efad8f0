import { ProtocolError } from '@vedette/media';
import { RTP_LIMITS } from './limits.ts';

/** Collects the pieces of one audio frame. */
export class AudioFragments {
  #pieces: Uint8Array[] = [];
  #byteLength = 0;
  #timestamp = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * Adds a piece; one of another timestamp starts a new frame, the unfinished one is forgotten.
   *
   * @throws {ProtocolError} `ERR_RTP_AUDIO_FRAME_TOO_LARGE`.
   */
  add(piece: Uint8Array, timestamp: number): void {
    if (timestamp !== this.#timestamp) this.drop();
    this.#timestamp = timestamp;
    this.#byteLength += piece.length;
    this.#pieces.push(piece);
    if (this.#byteLength > RTP_LIMITS.audioFrameBytes || this.#pieces.length > RTP_LIMITS.fragments) {
      throw new ProtocolError(
        'ERR_RTP_AUDIO_FRAME_TOO_LARGE',
        `An audio frame of more than ${RTP_LIMITS.audioFrameBytes} bytes`,
      );
    }
  }

  /** The pieces as one, and starts anew; the piece itself where there is just one. */
  take(): Uint8Array {
    const pieces = this.#pieces;
    const [first] = pieces;
    const length = this.#byteLength;
    this.drop();
    if (first !== undefined && pieces.length === 1) return first;
    const whole = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Whether there was something to drop. */
  drop(): boolean {
    const hadPieces = this.#pieces.length > 0;
    this.#pieces = [];
    this.#byteLength = 0;
    return hadPieces;
  }
}
