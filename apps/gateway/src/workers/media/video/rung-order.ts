/** One way that the pictures of a camera are to be coded anew. */
export interface RungOrder {
  /** Pixels that it is at most high; the width follows. A smaller source keeps its size. */
  readonly height: number;
  /** Bits a second that it takes at most, over one second. */
  readonly bitRate: number;
  /** Pictures a second at most; all of them where absent. */
  readonly frameRate?: number;
  /** FFmpeg's name of the encoder. */
  readonly encoder: string;
}
