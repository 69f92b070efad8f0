import { ContainerTime } from '../container-time.ts';
import { PES_CLOCK_RATE } from './pes.ts';

const PERIOD = 2 ** 33;
/** A stream whose decoding time steps back further than this, in ticks, has been given another clock. */
const MAX_STEP_BACK = PES_CLOCK_RATE / 2;
/** Where the stream announces a discontinuity, a step further than this is one. */
const ANNOUNCED_STEP = PES_CLOCK_RATE;

/** Times of one PES packet on the joined time line, in ticks of 90 kHz. */
export interface PesTimes {
  readonly pts: number;
  readonly dts: number;
}

/** Makes the timestamps of a program's PES packets into one time line. */
export class TsClock {
  readonly #time = new ContainerTime({ clockRate: PES_CLOCK_RATE, bits: 33 });
  /** Timestamp of each PID's last packet, as it was. */
  readonly #last = new Map<number, number>();
  #isAnnounced = false;

  /** The timestamp that zero belongs to. */
  get first(): number {
    return this.#time.first;
  }

  /** The clock may be another one from here on (`discontinuity_indicator`, or a playlist that says so). */
  announceDiscontinuity(): void {
    this.#isAnnounced = true;
  }

  timesOf(pid: number, pts: number, dts: number): PesTimes {
    const last = this.#last.get(pid);
    const step = last === undefined ? 0 : shortestStep(last, dts);
    const isOther = step < -MAX_STEP_BACK || (this.#isAnnounced && step > ANNOUNCED_STEP);
    if (isOther) {
      this.#time.restart();
      this.#last.clear();
    }
    if (last !== undefined) this.#isAnnounced = false;
    this.#last.set(pid, dts);
    const time = this.#time.at(dts);
    return { dts: time, pts: time + shortestStep(dts, pts) };
  }
}

/** The way from one 33-bit timestamp to another, whichever direction is shorter. */
function shortestStep(from: number, to: number): number {
  const step = (((to - from) % PERIOD) + PERIOD) % PERIOD;
  return step >= PERIOD / 2 ? step - PERIOD : step;
}
