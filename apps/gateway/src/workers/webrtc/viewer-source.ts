import type { StreamSettings } from './messages.ts';
import type { ClockReading, PacketRun } from './packet-run.ts';

/** What a viewer asks of its stream. */
export interface ViewerSource {
  readonly settings: StreamSettings;
  /** Pictures from the last entry point on. */
  readonly group: readonly PacketRun[];
  /** The latest of each track. */
  clockOf(trackId: number): (ClockReading & Pick<PacketRun, 'track'>) | undefined;
  /** Gives the viewer every unit from now on, until it is removed. */
  add(viewer: RunTaker): void;
  remove(viewer: RunTaker): void;
  /** Asks for a picture to begin with, where the source can be asked. */
  wantKeyFrame(): void;
}

/** What a stream asks of its viewers. */
export interface RunTaker {
  /** A live unit of any track. */
  offer(run: PacketRun, nowMs: number, source: ViewerSource): void;
  /** The stream is over. */
  lose(source: ViewerSource, reason: string): void;
}
