export interface SoundPacket {
  readonly data: Buffer;
  /**
   * Time of its first sample in ticks of the sample rate: what a decoder plays at it is what was heard at it,
   * so it is earlier than that of the samples that went in where the encoder looks ahead.
   */
  readonly pts: number;
}

/** Samples in, coded sound out. */
export interface SoundEncoder {
  /** Samples of each channel that one call takes. */
  readonly frameSamples: number;
  /**
   * @param samples 16 bits, interleaved; not looked at after the call.
   * @param pts time of the first one, in ticks of the sample rate.
   * @throws {AvError} the encoder refuses them.
   */
  encode(samples: Buffer, pts: number): readonly SoundPacket[];
  /** Safe to call twice. */
  close(): void;
}
