import { SRT_LIMITS } from './limits.ts';
import { LossList } from './loss-list.ts';

/** What became of a packet. */
export type Arrival =
  | 'new'
  /** It filled a gap. */
  | 'recovered'
  /** It was there already. */
  | 'duplicate'
  /** Its turn has passed. */
  | 'belated'
  /** Further ahead than there is room. */
  | 'tooFar';

const CAPACITY = SRT_LIMITS.receiveWindow;
const MASK = CAPACITY - 1;

/**
 * Packets between the last one handed on and the newest: kept until they are due, with the gaps between them.
 * Sequence numbers are unwrapped.
 */
export class ReceiveBuffer {
  readonly losses = new LossList();
  readonly #payloads: (Uint8Array | undefined)[] = [];
  readonly #dueUs: number[] = [];
  /** The next to hand on. */
  #first: number;
  /** Behind the newest. */
  #end: number;
  #byteLength = 0;

  constructor(initialSequence: number) {
    this.#first = initialSequence;
    this.#end = initialSequence;
  }

  /** Everything before this has come or is not waited for. */
  get acknowledged(): number {
    return this.losses.firstWanted ?? this.#end;
  }

  /** Behind the newest packet. */
  get end(): number {
    return this.#end;
  }

  get availablePackets(): number {
    return CAPACITY - (this.#end - this.#first);
  }

  /** Bytes that wait for their time. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** What `put` would answer; nothing is kept. */
  check(sequence: number): 'new' | Exclude<Arrival, 'recovered'> {
    if (sequence < this.#first) return 'belated';
    if (sequence >= this.#first + CAPACITY) return 'tooFar';
    return sequence < this.#end && this.#payloads[sequence & MASK] !== undefined ? 'duplicate' : 'new';
  }

  /** Keeps a packet that `check` found new; a gap before it goes to the loss list. */
  put(sequence: number, payload: Uint8Array, dueUs: number): 'new' | 'recovered' {
    const slot = sequence & MASK;
    this.#payloads[slot] = payload;
    this.#dueUs[slot] = dueUs;
    this.#byteLength += payload.length;
    if (sequence < this.#end) {
      this.losses.remove(sequence);
      return 'recovered';
    }
    if (sequence > this.#end) this.losses.append(this.#end, sequence - 1);
    this.#end = sequence + 1;
    return 'new';
  }

  /**
   * Hands on what is due at `nowUs`, in order. What is missing is skipped once a packet behind it is due: it
   * would be too late.
   *
   * @returns how many packets were skipped.
   */
  deliver(nowUs: number, onPayload: (payload: Uint8Array, isBehindGap: boolean) => void): number {
    let skipped = 0;
    while (this.#first < this.#end) {
      // Behind a gap there always stands a packet that came.
      const sequence = this.losses.endOfGap(this.#first);
      const isGap = sequence !== this.#first;
      const slot = sequence & MASK;
      const payload = this.#payloads[slot];
      if (payload === undefined || (this.#dueUs[slot] ?? 0) > nowUs) break;
      if (isGap) skipped += this.losses.removeBefore(sequence);
      this.#payloads[slot] = undefined;
      this.#byteLength -= payload.length;
      this.#first = sequence + 1;
      onPayload(payload, isGap);
    }
    return skipped;
  }
}
