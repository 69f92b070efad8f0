import { ProtocolError } from '../../errors.ts';
import { rescale } from '../../time.ts';
import { ContainerTime } from '../container-time.ts';
import type { DemuxerOutput } from '../demuxer.ts';
import { TrackGate } from '../track-gate.ts';
import type { SamplePlace } from './fragment.ts';
import type { Movie } from './movie.ts';
import { sampleCodec, type SampleCodec } from './sample-codec.ts';

const JOIN_CLOCK_RATE = 90_000;
/** Steps back beyond this are another clock, in ticks of the joined time. */
const MAX_STEP_BACK = JOIN_CLOCK_RATE / 2;

export interface SampleUnitsOptions {
  /** Counts samples that were given up. */
  readonly onDamage?: (event: 'damagedPictures', amount: number) => void;
  /** Names a track that is left out, once for each init segment. */
  readonly onIgnored?: (what: string) => void;
}

/** Makes access units of the samples of an MP4 file, on one time line that goes on over discontinuities. */
export class SampleUnits {
  readonly #gate: TrackGate;
  readonly #options: SampleUnitsOptions;
  readonly #time = new ContainerTime({ clockRate: JOIN_CLOCK_RATE, bits: 0 });
  #codecs = new Map<number, SampleCodec>();
  readonly #lastDts = new Map<number, number>();

  constructor(output: DemuxerOutput, options: SampleUnitsOptions = {}) {
    this.#gate = new TrackGate(output);
    this.#options = options;
  }

  /**
   * The movie that samples belong to from now on: of each kind its first track that can be carried on.
   *
   * @throws {ProtocolError} `ERR_MP4_NO_TRACKS`: it has none. Or a configuration is bad.
   */
  setMovie({ tracks }: Movie): void {
    const codecs = new Map<number, SampleCodec>();
    const kinds = new Set<SampleCodec['kind']>();
    const ignored: string[] = [];
    for (const track of tracks) {
      const codec = sampleCodec(track);
      if (typeof codec === 'string') ignored.push(codec);
      else if (kinds.has(codec.kind)) ignored.push(`a second ${codec.kind} track`);
      else {
        kinds.add(codec.kind);
        codecs.set(track.trackId, codec);
      }
    }
    for (const what of ignored) this.#options.onIgnored?.(what);
    if (codecs.size === 0) {
      const others = ignored.length === 0 ? 'it has no tracks' : `there is ${ignored.join(', ')}`;
      throw new ProtocolError('ERR_MP4_NO_TRACKS', `Nothing of the MP4 data can be played: ${others}`);
    }
    this.#codecs = codecs;
    this.#lastDts.clear();
    // Video first, whatever the order of the file.
    const order = [...codecs].sort(([, a], [, b]) => (a.kind === b.kind ? 0 : a.kind === 'video' ? -1 : 1));
    // A new movie has new configurations; who goes on with them is found out by their tracks.
    this.#gate.expect(new Map(order.map(([id, { kind }]) => [id, kind])));
  }

  /** The file's time that became zero, in ticks of 90 kHz. */
  get originTicks(): number {
    return this.#time.first + this.#gate.origin;
  }

  announceDiscontinuity(): void {
    this.#time.restart();
    this.#lastDts.clear();
  }

  push({ track, dts, pts }: Pick<SamplePlace, 'track' | 'dts' | 'pts'>, data: Uint8Array): void {
    const codec = this.#codecs.get(track.trackId);
    if (codec === undefined) return;
    const { timescale, shift, trackId } = track;
    const joinDts = rescale(dts + shift, timescale, JOIN_CLOCK_RATE);
    const last = this.#lastDts.get(trackId);
    if (last !== undefined && joinDts < last - MAX_STEP_BACK) this.announceDiscontinuity();
    this.#lastDts.set(trackId, joinDts);
    const time = this.#time.at(joinDts);
    this.#gate.advance(time);
    // The same for all units between two jumps, so that durations stay exact.
    const moved = rescale(time - joinDts, JOIN_CLOCK_RATE, codec.clockRate);
    const at = (ticks: number): number => rescale(ticks + shift, timescale, codec.clockRate) + moved;
    try {
      const unit = codec.read(data, at(pts), at(dts));
      if (unit !== undefined) this.#gate.unit(trackId, unit);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#options.onDamage?.('damagedPictures', 1);
    }
  }

  flush(): void {
    this.#gate.flush();
  }
}
