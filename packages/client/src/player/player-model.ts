import {
  PROTOCOLS,
  type Obstacle,
  type PlaybackFailure,
  type Protocol,
  type ProtocolChoice,
} from './playback.ts';

/**
 * What is known of the camera itself. `ready`: it has pictures, or gets them when asked (on demand);
 * `pending`: its source is being connected, an attempt that runs may go on; `absent`: nothing to
 * play, and asking is no use; `unknown`: nobody said, so ask.
 */
export type CameraCondition = 'unknown' | 'ready' | 'pending' | 'absent';

export type Obstacles = Readonly<Partial<Record<Protocol, Obstacle>>>;

/** A playback, by a serial number that is never used twice. */
export interface Attempt {
  readonly serial: number;
  readonly protocol: Protocol;
  readonly startedAtMs: number;
}

export interface CurrentAttempt extends Attempt {
  readonly firstFrameAtMs: number;
  /** Its pictures have stopped. It stays on screen until something better plays. */
  readonly isStalled: boolean;
}

/** Something did not get through: what comes after it until `tryAgainAtMs`. */
export interface Fallback {
  /** Place in `PROTOCOLS` of the first that may still get through. */
  readonly from: number;
  readonly count: number;
  readonly tryAgainAtMs: number;
}

/**
 * Everything the player decides from. Its owner makes the world match: exactly the playbacks named
 * by `current` and `next` exist, `current` is on screen, and `tick` is sent at `nextWakeMs`.
 */
export interface PlayerModel {
  readonly choice: ProtocolChoice;
  /** Somebody is looking. */
  readonly isWanted: boolean;
  readonly condition: CameraCondition;
  readonly obstacles: Obstacles;
  /** What it plays or means to play; `null` when nothing can. */
  readonly protocol: Protocol | null;
  readonly current: CurrentAttempt | null;
  /** Being opened; takes over on its first frame. */
  readonly next: Attempt | null;
  readonly failures: number;
  readonly lastFailure: PlaybackFailure | null;
  readonly retryAtMs: number | null;
  readonly fallback: Fallback | null;
  /** The gateway said no for good: only `retry` asks again. */
  readonly refusal: 'forbidden' | 'notFound' | null;
  readonly lastSerial: number;
}

export type PlayerEvent =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'choose'; readonly choice: ProtocolChoice }
  /** Try now: the person asked, or the gateway is back. */
  | { readonly type: 'retry' }
  /** `obstacles` only when the camera's tracks changed: what was learned from answers is forgotten. */
  | { readonly type: 'camera'; readonly condition: CameraCondition; readonly obstacles?: Obstacles }
  | { readonly type: 'firstFrame'; readonly serial: number }
  | { readonly type: 'stall'; readonly serial: number; readonly isStalled: boolean }
  | { readonly type: 'failure'; readonly serial: number; readonly failure: PlaybackFailure }
  | { readonly type: 'tick' };

/** What a person sees of a player, before what the gateway says of the camera is added. */
export type PlayerState =
  /** Out of sight. */
  | { readonly name: 'paused' }
  | {
      readonly name: 'connecting';
      readonly protocol: Protocol;
      /** From 1. */
      readonly attempt: number;
      /** `null`: it is being tried now. */
      readonly nextAttemptAtMs: number | null;
      readonly failure: PlaybackFailure | null;
    }
  | { readonly name: 'live'; readonly protocol: Protocol; readonly sinceMs: number }
  | { readonly name: 'absent' }
  | {
      readonly name: 'unsupported';
      readonly obstacle: Obstacle;
      /** A protocol that would do, when the person's choice is what stands in the way. */
      readonly alternative: Protocol | null;
    }
  | { readonly name: 'forbidden' }
  | { readonly name: 'notFound' };

export function initialModel(choice: ProtocolChoice = 'auto'): PlayerModel {
  return {
    choice,
    isWanted: false,
    condition: 'unknown',
    obstacles: {},
    protocol: choice === 'auto' ? 'webrtc' : choice,
    current: null,
    next: null,
    failures: 0,
    lastFailure: null,
    retryAtMs: null,
    fallback: null,
    refusal: null,
    lastSerial: 0,
  };
}

const NO_OBSTACLE: Obstacle = { kind: 'browser' };

function unsupported({ choice, obstacles }: PlayerModel): PlayerState {
  if (choice === 'auto') {
    return {
      name: 'unsupported',
      obstacle: obstacles.hls ?? obstacles.mse ?? obstacles.webrtc ?? NO_OBSTACLE,
      alternative: null,
    };
  }
  return {
    name: 'unsupported',
    obstacle: obstacles[choice] ?? NO_OBSTACLE,
    alternative: PROTOCOLS.find((other) => obstacles[other] === undefined) ?? null,
  };
}

export function playerState(model: PlayerModel): PlayerState {
  const { current, next, protocol } = model;
  if (model.refusal !== null) return { name: model.refusal };
  if (!model.isWanted) return { name: 'paused' };
  if (current !== null && !current.isStalled) {
    return { name: 'live', protocol: current.protocol, sinceMs: current.firstFrameAtMs };
  }
  if (model.condition === 'absent') return { name: 'absent' };
  if (protocol === null) return unsupported(model);
  return {
    name: 'connecting',
    protocol,
    attempt: model.failures + 1,
    nextAttemptAtMs: next === null ? model.retryAtMs : null,
    failure: model.lastFailure,
  };
}
