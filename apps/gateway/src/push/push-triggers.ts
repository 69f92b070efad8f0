import type { PushWhen } from '@vedette/contract';

/** What rules are decided by. */
export interface PushFacts {
  /** A source feeds the camera now. */
  readonly isLive: boolean;
  /** The camera is connected only while somebody wants it. */
  readonly isOnDemand: boolean;
  /** Sessions that watch it. */
  readonly viewers: number;
}

/** Why a push that is switched on waits. */
export type PushPause = 'camera' | 'viewers';

/** Rules by name: why a push waits, or `undefined` when it is to run. A further rule is a further row. */
export const PUSH_TRIGGERS: Readonly<Record<PushWhen, (facts: PushFacts) => PushPause | undefined>> = {
  always: () => undefined,
  // It must not keep awake what it only accompanies: a push is a reader like any other.
  live: ({ isLive, isOnDemand, viewers }) => {
    if (isOnDemand && viewers === 0) return 'viewers';
    return isLive ? undefined : 'camera';
  },
  viewers: ({ viewers }) => (viewers > 0 ? undefined : 'viewers'),
  // Whoever starts it decides.
  api: () => undefined,
};
