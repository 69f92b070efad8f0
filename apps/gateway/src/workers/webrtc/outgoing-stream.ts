import { ProtocolError, type AccessUnit, type Track } from '@vedette/media';
import type { Clock } from '../../stream/stream.ts';
import type { StreamSettings } from './messages.ts';
import { RunMaker, type ClockReading, type PacketRun } from './packet-run.ts';
import type { RunTaker, ViewerSource } from './viewer-source.ts';

/** Of one group of pictures; one that outgrows it is forgotten until the next entry point. */
const MAX_GROUP_BYTES = 32 * 1024 * 1024;
const MAX_GROUP_UNITS = 4096;

/** A stream on its way out: each unit becomes packets once, and goes to every viewer. */
export class OutgoingStream implements ViewerSource {
  readonly settings: StreamSettings;
  readonly wantKeyFrame: () => void;
  readonly #clock: Clock;
  readonly #viewers = new Set<RunTaker>();
  readonly #makers = new Map<number, { readonly codec: Track['codec']; readonly maker: RunMaker }>();
  readonly #clocks = new Map<number, ClockReading & Pick<PacketRun, 'track'>>();
  #group: PacketRun[] = [];
  #groupBytes = 0;

  /** @param wantKeyFrame called when a viewer has nothing to begin with. */
  constructor(settings: StreamSettings, clock: Clock, wantKeyFrame: () => void) {
    this.settings = settings;
    this.#clock = clock;
    this.wantKeyFrame = wantKeyFrame;
  }

  get group(): readonly PacketRun[] {
    return this.#group;
  }

  clockOf(trackId: number): (ClockReading & Pick<PacketRun, 'track'>) | undefined {
    return this.#clocks.get(trackId);
  }

  add(viewer: RunTaker): void {
    this.#viewers.add(viewer);
  }

  remove(viewer: RunTaker): void {
    this.#viewers.delete(viewer);
  }

  onTracks(tracks: readonly Track[]): void {
    // The group is from before the change; the stream goes on with a random access point.
    this.#forgetGroup();
    for (const [id, { codec }] of this.#makers) {
      if (tracks.find((track) => track.id === id)?.codec !== codec) this.#makers.delete(id);
    }
  }

  onUnit(unit: AccessUnit): void {
    const nowMs = this.#clock();
    const run = this.#packetize(unit);
    if (run === undefined) return;
    const { track, timestamp } = run;
    this.#clocks.set(track.id, { track, timestamp, wallClockMs: unit.wallClockMs, atMs: nowMs });
    if (track.kind === 'video') this.#keep(run);
    for (const viewer of this.#viewers) viewer.offer(run, nowMs, this);
  }

  /** The stream is over. */
  close(reason: string): void {
    for (const viewer of this.#viewers) viewer.lose(this, reason);
    this.#forgetGroup();
  }

  #packetize(unit: AccessUnit): PacketRun | undefined {
    const { track } = unit;
    let entry = this.#makers.get(track.id);
    if (entry === undefined) {
      entry = { codec: track.codec, maker: new RunMaker(track, this.settings) };
      this.#makers.set(track.id, entry);
    }
    try {
      return entry.maker.make(unit);
    } catch (error) {
      if (error instanceof ProtocolError) return undefined; // a unit that RTP cannot carry
      throw error;
    }
  }

  #keep(run: PacketRun): void {
    if (run.isEntry) this.#forgetGroup();
    else if (this.#group.length === 0) return;
    const bytes = this.#groupBytes + run.byteLength;
    if (bytes > MAX_GROUP_BYTES || this.#group.length === MAX_GROUP_UNITS) {
      this.#forgetGroup();
      return;
    }
    this.#group.push(run);
    this.#groupBytes = bytes;
  }

  #forgetGroup(): void {
    this.#group = [];
    this.#groupBytes = 0;
  }
}
