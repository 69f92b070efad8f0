import {
  IceUdpMuxListener,
  initLogger,
  PeerConnection,
  type Audio,
  type Track,
  type Video,
} from 'node-datachannel';

/** Gathering takes about 1 ms: there is nothing to ask for, all addresses are this host's. */
const GATHERING_TIMEOUT_MS = 2000;
/** Native objects that never say they are closed are let go after this long. */
const CLOSING_TIMEOUT_MS = 10_000;

/** The one UDP port that all peers of this process share. */
export class PeerPort {
  readonly address: string;
  readonly port: number;
  /** Keeps the port ours, also while there is no peer: gathering, which may not fail, never meets a taken one. */
  readonly #listener: IceUdpMuxListener;

  /** @throws {Error} the port is taken, or not ours to take. */
  constructor(address: string, port: number) {
    initLogger('Fatal', (_level, message) => process.stderr.write(`${message}\n`));
    this.#listener = new IceUdpMuxListener(port, address);
    this.address = address;
    this.port = port;
  }

  close(): void {
    this.#listener.stop();
  }
}

/**
 * Holds what the library still works on: an object of its that JavaScript collects too early takes
 * the process with it.
 */
const held = new Set<Connection>();

/**
 * A peer connection of the library, as the rules ask for under which it holds: tracks closed before it,
 * everything referenced until it says that it is closed, candidates of an answer added after it.
 */
export class Connection {
  readonly #connection: PeerConnection;
  readonly #tracks: Track[] = [];
  readonly #onEnd: (hasFailed: boolean) => void;
  #isClosed = false;

  /**
   * @param shared the port for peers that come to us; `undefined`: one of its own on every address of this host, for
   * a peer that we go to, which may be anywhere. @param onEnd the peer left, failed or never came. Not called after
   * `close`.
   */
  constructor(shared: PeerPort | undefined, onEnd: (hasFailed: boolean) => void) {
    this.#onEnd = onEnd;
    const place = shared && {
      bindAddress: shared.address,
      enableIceUdpMux: true,
      portRangeBegin: shared.port,
      portRangeEnd: shared.port,
    };
    this.#connection = new PeerConnection('peer', { iceServers: [], ...place });
    held.add(this);
    this.#connection.onStateChange((state) => {
      if (state === 'closed') held.delete(this);
      if (this.#isClosed || (state !== 'closed' && state !== 'failed' && state !== 'disconnected')) return;
      this.#onEnd(state === 'failed');
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Adds a section and listens to it.
   *
   * @param onMessage RTP or RTCP that came in, decrypted; not called after `close`.
   */
  addTrack(
    description: Video | Audio,
    { onOpen, onMessage }: { readonly onOpen: () => void; readonly onMessage: (bytes: Buffer) => void },
  ): Track {
    const track = this.#connection.addTrack(description);
    this.#tracks.push(track);
    track.onOpen(() => {
      if (!this.#isClosed) onOpen();
    });
    track.onClosed(() => undefined); // without it the native object is never freed
    track.onError(() => undefined);
    track.onMessage((bytes) => {
      if (!this.#isClosed) onMessage(bytes);
    });
    return track;
  }

  /**
   * Takes the offer; our transport is in what comes back.
   *
   * @throws {Error} the library refuses it, or finds no address.
   */
  async answer(offer: string): Promise<string> {
    return this.#described(() => this.#connection.setRemoteDescription(offer, 'offer'));
  }

  /**
   * Our transport, in an offer.
   *
   * @throws {Error} the library finds no address.
   */
  async offer(): Promise<string> {
    return this.#described(() => this.#connection.setLocalDescription('offer'));
  }

  /**
   * Takes the answer to our offer, which has no candidates in it: they are to be added.
   *
   * @throws {Error} the library refuses it.
   */
  accept(answer: string): void {
    this.#connection.setRemoteDescription(answer, 'answer');
  }

  async #described(begin: () => void): Promise<string> {
    const gathered = Promise.withResolvers<undefined>();
    const timer = setTimeout(
      () => gathered.reject(new Error('no address was gathered')),
      GATHERING_TIMEOUT_MS,
    );
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') gathered.resolve(undefined);
    });
    try {
      begin();
      await gathered.promise;
    } finally {
      clearTimeout(timer);
    }
    if (this.#isClosed) throw new Error('the peer was closed');
    return this.#connection.localDescription()?.sdp ?? '';
  }

  /** @param candidate value of an `a=candidate` line */
  addCandidate(candidate: string, mid: string): void {
    if (!this.#isClosed) this.#connection.addRemoteCandidate(`candidate:${candidate}`, mid);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // In this order: a track that outlives its connection brings the process down.
    for (const track of this.#tracks) track.close();
    this.#connection.close();
    setTimeout(() => held.delete(this), CLOSING_TIMEOUT_MS).unref();
  }
}
