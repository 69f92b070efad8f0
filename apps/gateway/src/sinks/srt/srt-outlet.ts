import type { SrtLink } from '../../net/srt/srt-link.ts';
import { VIEWER_BOUNDS } from '../../stream/drop-gate.ts';
import type { ByteOutlet } from '../byte-outlet.ts';

/** A viewer to whom packets came too late within this time is served no further until the next random access point. */
const CONGESTED_MS = 200;

/** The way to one viewer over SRT: units are cut into datagrams, which wait in the connection itself. */
export class SrtOutlet implements ByteOutlet {
  readonly #link: SrtLink;
  #isClosed = false;

  constructor(link: SrtLink) {
    this.#link = link;
  }

  /**
   * Also more than a viewer may have when the connection gave up packets: it cannot carry the stream, and half a
   * picture is of no use.
   */
  get queuedBytes(): number {
    if (this.#link.hasDroppedWithin(CONGESTED_MS)) return VIEWER_BOUNDS.maxQueueBytes + 1;
    return this.#link.unsentBytes;
  }

  send(bytes: Buffer): void {
    if (!this.#isClosed) this.#link.write(bytes);
  }

  cork(): void {
    // A connection paces what it sends by itself.
  }

  uncork(): void {
    // As above.
  }

  close(): void {
    this.#isClosed = true;
  }
}
