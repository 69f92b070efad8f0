import type { Clock } from '../../stream/stream.ts';
import type { Link } from '../link.ts';
import type { PeerPort } from './connection.ts';
import type { PublisherRequest, WebrtcNews, WebrtcOrders } from './messages.ts';
import { Publisher } from './publisher.ts';

/** Gaps in what comes are looked at so often, while there are publishers. */
const POLL_MS = 20;

/** All publishers of this worker. */
export class Publishers {
  readonly #link: Link<WebrtcOrders, WebrtcNews>;
  readonly #clock: Clock;
  readonly #publishers = new Map<number, Publisher>();
  #timer: NodeJS.Timeout | undefined;

  constructor(link: Link<WebrtcOrders, WebrtcNews>, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  /**
   * Connects a publisher.
   *
   * @returns the library's answer.
   * @throws {ProtocolError} its formats cannot be used. @throws {Error} the library refuses the offer.
   */
  async receive(request: PublisherRequest, port: PeerPort): Promise<string> {
    const link = this.#link;
    const channel = link.joinChannel(request.channel, {
      onEnd: (reason) => this.close(request.publisher, reason),
    });
    const publisher = new Publisher(
      request,
      port,
      channel,
      {
        onConnected: ({ id }) => link.notify('publisherConnected', { publisher: id }),
        onReport: ({ id }, { id: trackId }, pts, unixMs) =>
          link.notify('publisherReport', { publisher: id, trackId, pts, unixMs }),
        onClosed: (closed, reason) => {
          this.#publishers.delete(closed.id);
          if (this.#publishers.size === 0) this.#stop();
          link.notify('publisherClosed', { reason, totals: closed.totals });
        },
      },
      this.#clock,
    );
    this.#publishers.set(publisher.id, publisher);
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS);
    try {
      return await publisher.answer(request.offer);
    } catch (error) {
      publisher.close('the offer was refused');
      throw error;
    }
  }

  addCandidates(id: number, candidates: readonly string[]): void {
    for (const candidate of candidates) this.#publishers.get(id)?.addCandidate(candidate);
  }

  requestKeyFrame(id: number): void {
    this.#publishers.get(id)?.requestKeyFrame();
  }

  close(id: number, reason: string): void {
    this.#publishers.get(id)?.close(reason);
  }

  closeAll(reason: string): void {
    for (const publisher of [...this.#publishers.values()]) publisher.close(reason);
  }

  /** Once a second. */
  tick(nowMs: number): void {
    for (const publisher of [...this.#publishers.values()]) publisher.tick(nowMs);
    const totals = [...this.#publishers.values()].map((publisher) => publisher.totals);
    if (totals.length > 0) this.#link.notify('publisherTotals', totals);
  }

  #poll(): void {
    const nowMs = this.#clock();
    for (const publisher of [...this.#publishers.values()]) publisher.poll(nowMs);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
