import { SRT_LIMITS } from './limits.ts';

const FIRST_CAPACITY = 256;

/**
 * Packets from the oldest one not acknowledged to the newest one not sent: references to shared bytes, in columns,
 * so that a packet costs no object. Sequence numbers are unwrapped. Grows by doubling up to its limit.
 */
export class SendBuffer {
  /** The oldest packet that is kept. */
  #first: number;
  /** The next to be sent for the first time. */
  #next: number;
  #end: number;
  #capacity = FIRST_CAPACITY;
  #bytes: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(FIRST_CAPACITY);
  #offsets = new Uint32Array(FIRST_CAPACITY);
  #lengths = new Uint16Array(FIRST_CAPACITY);
  /** Of the first sending, which the timestamp tells again and again. */
  #sentUs = new Float64Array(FIRST_CAPACITY);
  #resentUs = new Float64Array(FIRST_CAPACITY);
  #isWanted = new Uint8Array(FIRST_CAPACITY);
  #unsentBytes = 0;
  #keptBytes = 0;

  constructor(initialSequence: number) {
    this.#first = initialSequence;
    this.#next = initialSequence;
    this.#end = initialSequence;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  get end(): number {
    return this.#end;
  }

  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Bytes sent and not acknowledged, and bytes not sent. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Whether `count` more packets have room. */
  hasRoom(count: number): boolean {
    return this.#end - this.#first + count <= SRT_LIMITS.sendWindow;
  }

  push(bytes: Uint8Array, offset: number, length: number): void {
    if (this.#end - this.#first === this.#capacity) this.#grow();
    const slot = this.#end & (this.#capacity - 1);
    this.#bytes[slot] = bytes;
    this.#offsets[slot] = offset;
    this.#lengths[slot] = length;
    this.#resentUs[slot] = Number.NEGATIVE_INFINITY;
    this.#isWanted[slot] = 0;
    this.#end += 1;
    this.#unsentBytes += length;
    this.#keptBytes += length;
  }

  lengthOf(sequence: number): number {
    return this.#lengths[this.#slot(sequence)] ?? 0;
  }

  sentUs(sequence: number): number {
    return this.#sentUs[this.#slot(sequence)] ?? 0;
  }

  resentUs(sequence: number): number {
    return this.#resentUs[this.#slot(sequence)] ?? 0;
  }

  /** Copies a packet's payload to `offset` of `target`. @returns where it ends. */
  copy(sequence: number, target: Uint8Array, offset: number): number {
    const slot = this.#slot(sequence);
    const start = this.#offsets[slot] ?? 0;
    const length = this.#lengths[slot] ?? 0;
    const bytes = this.#bytes[slot];
    if (bytes !== undefined) target.set(bytes.subarray(start, start + length), offset);
    return offset + length;
  }

  /** The next packet has been sent for the first time. */
  markSent(nowUs: number): void {
    const slot = this.#slot(this.#next);
    this.#sentUs[slot] = nowUs;
    this.#unsentBytes -= this.#lengths[slot] ?? 0;
    this.#next += 1;
  }

  markResent(sequence: number, nowUs: number): void {
    const slot = this.#slot(sequence);
    this.#resentUs[slot] = nowUs;
    this.#isWanted[slot] = 0;
  }

  isWanted(sequence: number): boolean {
    return this.#isWanted[this.#slot(sequence)] === 1;
  }

  want(sequence: number): void {
    this.#isWanted[this.#slot(sequence)] = 1;
  }

  /** Lets go of everything sent before `sequence`. */
  release(sequence: number): void {
    const end = Math.min(sequence, this.#next);
    for (; this.#first < end; this.#first += 1) {
      const slot = this.#slot(this.#first);
      this.#keptBytes -= this.#lengths[slot] ?? 0;
      this.#bytes[slot] = undefined;
    }
  }

  #slot(sequence: number): number {
    return sequence & (this.#capacity - 1);
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const bytes = new Array<Uint8Array | undefined>(capacity);
    const offsets = new Uint32Array(capacity);
    const lengths = new Uint16Array(capacity);
    const sentUs = new Float64Array(capacity);
    const resentUs = new Float64Array(capacity);
    const isWanted = new Uint8Array(capacity);
    for (let sequence = this.#first; sequence < this.#end; sequence += 1) {
      const from = this.#slot(sequence);
      const to = sequence & (capacity - 1);
      bytes[to] = this.#bytes[from];
      offsets[to] = this.#offsets[from] ?? 0;
      lengths[to] = this.#lengths[from] ?? 0;
      sentUs[to] = this.#sentUs[from] ?? 0;
      resentUs[to] = this.#resentUs[from] ?? 0;
      isWanted[to] = this.#isWanted[from] ?? 0;
    }
    this.#capacity = capacity;
    this.#bytes = bytes;
    this.#offsets = offsets;
    this.#lengths = lengths;
    this.#sentUs = sentUs;
    this.#resentUs = resentUs;
    this.#isWanted = isWanted;
  }
}
