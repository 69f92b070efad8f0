import type { MoveRequest } from './messages.ts';
import type { PacketRun } from './packet-run.ts';
import type { ViewerSource } from './viewer-source.ts';

/** What waits on an overrun line gets this long at most to drain. */
const MAX_DRAIN_MS = 2500;
/**
 * Share of it that has to: the key picture of a smaller size finds room in the queue by then, and arrives when the rest
 * has. Later only leaves the line idle, and has the viewer ask again for what it needs no longer.
 */
const DRAINED_SHARE = 0.5;
/** Without another stream pictures go on after so long. */
const MAX_REST_MS = 3000;
/** A stream that has no entry point for so long is not gone over to. */
const MAX_MOVE_MS = 6000;
/** Pictures that are sent again at once to who comes over; more would come between it and what is live. */
const MAX_REPLAY_BYTES = 64 * 1024;

/** Tracks of the stream that is gone over to; -1 where nothing is sent of that kind. */
export type MoveTracks = Pick<MoveRequest, 'videoTrackId' | 'audioTrackId'>;

interface Move extends MoveTracks {
  readonly source: ViewerSource;
  readonly startedMs: number;
  readonly done: (hasMoved: boolean) => void;
  hasAsked: boolean;
}

/**
 * One viewer's way from one stream to another, which it goes over to at an entry point; and the pause before, where
 * its line was overrun: more of the same would only be lost, and be asked for again.
 */
export class Changeover {
  #move: Move | undefined;
  #rest: { readonly sinceMs: number; readonly drainedMs: number } | undefined;

  /** Where the viewer is going; `undefined`: nowhere. */
  get source(): ViewerSource | undefined {
    return this.#move?.source;
  }

  /** @param delayMs how long what is on its way waits */
  rest(delayMs: number, nowMs: number): void {
    this.#rest ??= { sinceMs: nowMs, drainedMs: nowMs + DRAINED_SHARE * Math.min(MAX_DRAIN_MS, delayMs) };
  }

  /** Whether pictures are held back. */
  isResting(nowMs: number): boolean {
    if (this.#rest !== undefined && nowMs - this.#rest.sinceMs >= MAX_REST_MS) this.#rest = undefined;
    return this.#rest !== undefined;
  }

  /** Sets out. @returns whether it has arrived, in the end. */
  async begin(source: ViewerSource, tracks: MoveTracks, nowMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#move = { ...tracks, source, startedMs: nowMs, done: resolve, hasAsked: false };
    return promise;
  }

  /** Whether the present group of pictures will do to begin with. */
  canReplay(nowMs: number): boolean {
    const group = this.#move?.source.group ?? [];
    const bytes = group.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return group.length > 0 && bytes <= MAX_REPLAY_BYTES && this.#isDrained(nowMs);
  }

  /** A unit of where it is going. @returns whether it arrives with this one. */
  approaches({ track, isEntry }: PacketRun, nowMs: number): boolean {
    const move = this.#move;
    if (move === undefined || track.id !== move.videoTrackId || !this.#isDrained(nowMs)) return false;
    if (!isEntry && !move.hasAsked) {
      move.hasAsked = true;
      move.source.wantKeyFrame();
    }
    return isEntry;
  }

  /** It has arrived. @returns where. */
  arrive(): (MoveTracks & { readonly source: ViewerSource }) | undefined {
    const move = this.#move;
    this.#move = undefined;
    this.#rest = undefined;
    move?.done(true);
    return move;
  }

  /** It comes to nothing. @returns where it was going. */
  cancel(): ViewerSource | undefined {
    const move = this.#move;
    this.#move = undefined;
    move?.done(false);
    return move?.source;
  }

  /** It has taken too long. */
  isOverdue(nowMs: number): boolean {
    return this.#move !== undefined && nowMs - this.#move.startedMs > MAX_MOVE_MS;
  }

  #isDrained(nowMs: number): boolean {
    return this.#rest === undefined || nowMs >= this.#rest.drainedMs;
  }
}
