import { Peer, type PeerEvents } from './peer.ts';

/** A connection that we offer to somebody, before there is an answer: nothing happens on it. */
export class OfferingPeer {
  readonly #peer: Peer;
  #events: PeerEvents | undefined;

  constructor() {
    this.#peer = new Peer(undefined, {
      onConnected: () => this.#events?.onConnected(),
      onClosed: (reason) => this.#events?.onClosed(reason),
      onRtcp: (section, bytes) => this.#events?.onRtcp(section, bytes),
    });
  }

  /** As `Peer.offer`. */
  async offer(): Promise<string> {
    return this.#peer.offer();
  }

  /** There is an answer: the connection is the caller's. */
  handOver(events: PeerEvents): Peer {
    this.#events = events;
    return this.#peer;
  }

  /** Safe to call twice. */
  close(): void {
    this.#peer.close();
  }
}
