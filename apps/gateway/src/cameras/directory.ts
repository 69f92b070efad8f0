import type { ErrorCode, Track } from '@vedette/media';
import type { Feed, Stream } from '../stream/stream.ts';

/** The state of a camera, as people are told it. */
export type CameraState =
  | { readonly name: 'live'; readonly sinceMs: number }
  /** Declared as `publish`: waits for somebody to send. */
  | { readonly name: 'waiting'; readonly sinceMs: number }
  /** Made on demand, and nobody demands it. */
  | { readonly name: 'idle'; readonly sinceMs: number }
  | { readonly name: 'connecting'; readonly sinceMs: number; readonly attempt: number }
  /** Away; `nextAttemptMs` is when it is tried again, `undefined` when only a new configuration helps. */
  | {
      readonly name: 'offline';
      readonly sinceMs: number;
      readonly code: ErrorCode;
      /** One sentence: why. */
      readonly reason: string;
      readonly attempt: number;
      readonly nextAttemptMs: number | undefined;
    };

/** A camera as servers see it: a name, its stream, its state. */
export interface CameraView {
  readonly id: string;
  readonly stream: Stream;
  readonly state: CameraState;
}

/** A peer wants to feed a camera. */
export interface PublishRequest {
  readonly cameraId: string;
  readonly tracks: readonly Track[];
  /** Called when another publisher takes over or the camera is removed: end the session. */
  readonly onRevoked: (reason: string) => void;
  /** Called when somebody waits for a picture to begin with; left out where the peer cannot be asked. */
  readonly onKeyFrameWanted?: (() => void) | undefined;
}

export type PublishAnswer =
  | { readonly ok: true; readonly feed: Feed }
  /** `unknown`: no such camera (and `cameras.autoCreate` is off); `notPublish`: the camera pulls its
   * own source; `busy`: somebody publishes and `overridePublisher` is off. */
  | { readonly ok: false; readonly reason: 'unknown' | 'notPublish' | 'busy'; readonly message: string };

/** What servers may ask of the cameras. */
export interface CameraDirectory {
  /** The camera, or `undefined` when there is none of that name. Ids are `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`. */
  find(id: string): CameraView | undefined;
  /** Whether `publish` could succeed now; to refuse early (RTSP ANNOUNCE) with the same answers. */
  canPublish(cameraId: string): { readonly ok: true } | Extract<PublishAnswer, { ok: false }>;
  publish(request: PublishRequest): PublishAnswer;
}
