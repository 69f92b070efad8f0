/** One way that the pictures of a camera are to be coded anew. */
export interface RungOrder {
  /** Pixels that it is at most high; the width follows. A smaller source keeps its size. */
  readonly height: number;
  /** Bits a second that it takes at most, over one second. */
  readonly bitRate: number;
  /** Pictures a second at most; all of them where absent. */
  readonly frameRate?: number;
  /** JPEGs instead of H.264; `bitRate` and `encoder` mean nothing then. */
  readonly jpeg?: {
    /** Pixels that it is at most wide. */
    readonly width: number;
    /** 1 to 100. */
    readonly quality: number;
  };
  /** FFmpeg's name of the encoder. */
  readonly encoder: string;
}
