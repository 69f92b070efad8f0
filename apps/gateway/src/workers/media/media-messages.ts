import type { VideoCodec } from '@vedette/media';
import type { SoundTarget } from './sound-target.ts';
import type { RungOrder } from './video/rung-order.ts';

/** What the gateway asks of the media worker. A job is a channel: it lives until either end leaves it. */
export interface MediaRequests {
  readonly requests: {
    /** Makes the demo scene and sends it on `channel`; answers once it runs. */
    readonly demo: {
      readonly params: {
        readonly channel: number;
        /** When PTS zero is, in ms since the Unix epoch: a job that takes over keeps the time. */
        readonly epochMs: number;
      };
      readonly result: null;
    };
    /**
     * Takes sound on `channel` and sends it back on it as `target`, in the same time and with the same track id.
     * `camera` is to blame if that kills the worker.
     */
    readonly sound: {
      readonly params: { readonly channel: number; readonly camera: string; readonly target: SoundTarget };
      readonly result: null;
    };
    /** Encodes a picture with FFmpeg's encoder of this name; an error where that does not work here. */
    readonly tryEncoder: { readonly params: { readonly encoder: string }; readonly result: null };
    /** Takes pictures on `channel`, for the rungs that are added to it; one such job is enough for a camera. */
    readonly video: {
      readonly params: {
        readonly channel: number;
        readonly camera: string;
        /** Pictures before this time are only decoded: what follows refers to them. */
        readonly liveFromPts: number;
      };
      readonly result: null;
    };
    /** Sends the pictures of the job `video`, coded anew, on `channel`, until the gateway leaves it. */
    readonly rung: {
      readonly params: { readonly video: number; readonly channel: number; readonly order: RungOrder };
      readonly result: null;
    };
    /** Decodes the key picture that is attached (NAL units as Annex B) and answers with a JPEG attached. */
    readonly snapshot: {
      readonly params: {
        readonly codec: VideoCodec;
        /** Width of the JPEG; that of the picture where absent. */
        readonly width?: number;
      };
      readonly result: { readonly width: number; readonly height: number };
    };
  };
  readonly notices: {
    /** The next picture of the job `video` becomes an IDR in all its rungs. */
    readonly forceKey: number;
  };
}

/** What the media worker tells the gateway. */
export interface MediaNotices {
  readonly requests: Record<string, never>;
  readonly notices: {
    /**
     * From now on it handles media of this camera; sent before it does, so that it is known even if
     * the worker dies of it.
     */
    readonly working: string;
    /** Pictures were left out of this camera's rungs, since encoders or decoder could not keep up. */
    readonly skipped: { readonly camera: string; readonly pictures: number };
  };
}
