import type { Frame } from 'node-av/lib';
import type { PictureSize } from './picture-pool.ts';

export interface PictureEncoderOptions extends PictureSize {
  /** FFmpeg's name of the encoder. */
  readonly encoder: string;
  /** Ticks a second of the pictures' times. */
  readonly clockRate: number;
  /** Pictures a second, about: what the bit rate is spread over. */
  readonly frameRate: number;
  /** Bits a second at most, over one second; less where the scene is quiet. */
  readonly bitRate: number;
  /** What the pictures say of their colours. */
  readonly colours: Pick<Frame, 'colorSpace' | 'colorPrimaries' | 'colorTrc'>;
}
