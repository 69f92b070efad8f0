import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import {
  parseWebrtcOffer,
  planViewing,
  viewingCarriage,
  type IceServer,
  type PublishingPlan,
  type WebrtcOffer,
  type WhipAnswer,
} from '@vedette/protocols';
import type { Identity } from '../../access/identity.ts';
import { AUTO_QUALITY, SOURCE_QUALITY, type Rung } from '../../adaptation/viewer-quality.ts';
import type { CameraView } from '../../cameras/directory.ts';
import type { Logger } from '../../observability/logger.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import type { Stream } from '../../stream/stream.ts';
import type { StreamFitter } from '../../transcode/fitter.ts';
import type { SupervisorReport } from '../../workers/supervisor.ts';
import type { StreamSettings } from '../../workers/webrtc/messages.ts';
import type { PublisherHandler, PublisherLine, PublisherWorkers } from '../../workers/webrtc/publishing.ts';
import { AdaptiveView } from './adaptive-view.ts';
import { cameraAway, ViewingRefused } from './viewing-refused.ts';
import { WebrtcShard } from './webrtc-shard.ts';
import type { WebrtcViewer } from './webrtc-viewer.ts';

export interface WebrtcOptions {
  /** Address to bind; also the one that viewers are told. */
  readonly host: string;
  /** UDP port of the first worker, the next worker has the next; 0 picks free ones. */
  readonly port: number;
  /** Processes that share the viewers. */
  readonly workers: number;
  /** Further addresses of this host to tell viewers, as NAT and containers need them. */
  readonly announcedAddresses: readonly string[];
  readonly playoutDelay: StreamSettings['playoutDelay'];
  /** Servers that players are told of. */
  readonly iceServers: readonly IceServer[];
  readonly sessions: SessionRegistry;
  readonly logger: Logger;
  /** Makes of a camera what the player takes; without it such media is left out, or refused. */
  readonly fitter?: StreamFitter | undefined;
  /** Renditions of a camera, from the best to the least; none where absent. */
  readonly rungs?: ((stream: Stream) => readonly Rung[]) | undefined;
  /** Viewers at a time, those that are still connecting included. */
  readonly maxViewers?: number;
  readonly maxViewersPerAddress?: number;
  /** How long a stream stays ready after its last viewer, in milliseconds. */
  readonly lingerMs?: number;
}

/** A peer that asks to view. */
export interface ViewRequest {
  readonly camera: CameraView;
  /** As it came. */
  readonly offer: string;
  /** Address of the peer, without port. */
  readonly peer: string;
  readonly userAgent?: string | undefined;
  readonly identity: Identity;
  /** The rung of the ladder that is wanted, or `auto`, which is also meant where absent. */
  readonly quality?: string | undefined;
  /** Lines that the player has room for. */
  readonly maxHeight?: number | undefined;
  /** Aborts when the peer no longer waits for the answer. */
  readonly signal: AbortSignal;
}

/** A view that has begun. */
export interface View {
  /**
   * Names the resource. Whoever knows it may end the session: it is told to the viewer alone, and is not the id by
   * which lists show the session.
   */
  readonly key: string;
  readonly answer: string;
  readonly etag: string;
}

/** A camera that is made on demand, or has just fallen, gets this long to appear. */
const LIVE_TIMEOUT_MS = 5000;
/** Free ports are looked for without a lock: somebody else may be faster. */
const PORT_ATTEMPTS = 5;

interface Entry {
  readonly viewer: WebrtcViewer;
  readonly quality: AdaptiveView;
  readonly cameraId: string;
  readonly etag: string;
}

/** Viewing by WebRTC: takes offers, spreads peers over workers, keeps the viewers' sessions. */
export class WebrtcService implements PublisherWorkers {
  readonly #options: WebrtcOptions;
  readonly #shards: readonly WebrtcShard[];
  readonly #entries = new Map<string, Entry>();
  readonly #perAddress = new Map<string, number>();
  #admitted = 0;

  constructor(options: WebrtcOptions) {
    this.#options = options;
    this.#shards = Array.from(
      { length: options.workers },
      () => new WebrtcShard({ ...options, lingerMs: options.lingerMs ?? 5000 }),
    );
  }

  get iceServers(): readonly IceServer[] {
    return this.#options.iceServers;
  }

  /** What the supervisors of the workers say, for metrics. */
  get reports(): SupervisorReport[] {
    return this.#shards.map(({ report }) => report);
  }

  /** Process ids of the workers. */
  get pids(): number[] {
    return this.#shards.flatMap(({ pid }) => pid ?? []);
  }

  /**
   * Starts the workers.
   *
   * @returns the UDP port of the first.
   * @throws {Error} a port is taken, or a worker does not start.
   */
  async start(): Promise<{ port: number }> {
    const ports = await Promise.all(this.#shards.map((shard, index) => this.#startShard(shard, index)));
    return { port: ports[0] ?? 0 };
  }

  /**
   * Answers an offer.
   *
   * @throws {ProtocolError} the offer is bad (`ERR_SDP_…`, `ERR_WEBRTC_OFFER`, `ERR_WEBRTC_BUNDLE`), or
   * the stream does not fit it (`ERR_WEBRTC_B_FRAMES`, `ERR_WEBRTC_CODEC`, `ERR_WEBRTC_NO_MEDIA`), or has
   * no such quality (`ERR_QUALITY_UNKNOWN`).
   * @throws {ViewingRefused} not now.
   */
  async view(request: ViewRequest): Promise<View> {
    const offer = parseWebrtcOffer(request.offer);
    const leave = this.#admit(request.peer);
    try {
      await this.#awaitLive(request);
      const stream = await this.#fitted(request, offer);
      const plan = planViewing(offer, stream.tracks);
      const shard = this.#leastLoaded();
      const { viewer, answer } = await shard.view(stream, offer, plan);
      const quality = this.#adapt(request, viewer, shard);
      return this.#begin(request, viewer, quality, answer, leave);
    } catch (error) {
      leave();
      throw asRefusal(error);
    }
  }

  async receive(offer: WebrtcOffer, plan: PublishingPlan, handler: PublisherHandler): Promise<PublisherLine> {
    return this.#leastLoaded().receive(offer, plan, handler);
  }

  /** Sends a stream to a destination; as `WebrtcShard.push`. @throws {ViewingRefused} WebRTC is being restarted. */
  async push(stream: Stream, exchange: (offer: string) => Promise<WhipAnswer>): Promise<WebrtcViewer> {
    return this.#leastLoaded()
      .push(stream, exchange)
      .catch((error: unknown) => {
        throw asRefusal(error);
      });
  }

  /** The viewer of a session of `cameraId`, and the tag of its resource. */
  find(cameraId: string, key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry?.cameraId === cameraId ? entry : undefined;
  }

  /** Ends every session and the workers. Safe to call twice. */
  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  async #startShard(shard: WebrtcShard, index: number): Promise<number> {
    const { host, port } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const chosen = port === 0 ? await freePort(host) : port + index;
      try {
        await shard.start(chosen);
        return chosen;
      } catch (error) {
        if (port === 0 && attempt < PORT_ATTEMPTS) continue;
        throw new Error(`WebRTC cannot have UDP port ${chosen} of ${host}`, { cause: error });
      }
    }
  }

  /** @returns gives the place back; safe to call twice. */
  #admit(peer: string): () => void {
    const { maxViewers = 1000, maxViewersPerAddress = 200 } = this.#options;
    const fromHere = this.#perAddress.get(peer) ?? 0;
    if (this.#admitted >= maxViewers) {
      throw new ViewingRefused('ERR_WEBRTC_FULL', `There are ${maxViewers} viewers already.`, 10);
    }
    if (fromHere >= maxViewersPerAddress) {
      const message = `There are ${maxViewersPerAddress} viewers from your address already.`;
      throw new ViewingRefused('ERR_WEBRTC_TOO_MANY', message, 10);
    }
    this.#admitted += 1;
    this.#perAddress.set(peer, fromHere + 1);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#admitted -= 1;
      const left = (this.#perAddress.get(peer) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(peer);
      else this.#perAddress.set(peer, left);
    };
  }

  async #awaitLive({ camera, signal }: ViewRequest): Promise<void> {
    const { name } = camera.state;
    const isHopeless = name === 'offline' || name === 'waiting';
    if (await becomesLive(camera, isHopeless ? AbortSignal.abort() : signal)) return;
    // The state is read again: it may have changed meanwhile.
    throw signal.aborted
      ? new ViewingRefused('ERR_WEBRTC_HUNG_UP', 'The viewer did not wait for the answer.', 1)
      : cameraAway(camera.state, Date.now());
  }

  /** The stream that the peer can be sent, once it is there. */
  async #fitted({ camera: { stream }, signal, quality }: ViewRequest, offer: WebrtcOffer): Promise<Stream> {
    const { fitter } = this.#options;
    const named = quality === AUTO_QUALITY ? undefined : quality;
    const fitted = fitter?.fit(stream, viewingCarriage(offer, stream.tracks), named) ?? stream;
    if (fitted.isLive) return fitted;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]);
    const isThere = await fitted.live(patience).then(
      () => true,
      () => false,
    );
    if (isThere) return fitted;
    const message = 'The camera could not be transcoded for this player yet.';
    throw new ViewingRefused('ERR_TRANSCODE_UNAVAILABLE', message, 5);
  }

  #leastLoaded(): WebrtcShard {
    const [first, ...others] = this.#shards;
    if (first === undefined) throw new ViewingRefused('ERR_WEBRTC_OFF', 'WebRTC is off.', 3600);
    return others.reduce((least, shard) => (shard.peerCount < least.peerCount ? shard : least), first);
  }

  /** Lets the viewer's line, or the viewer, choose among the renditions of the camera. */
  #adapt(
    { camera: { stream }, quality = AUTO_QUALITY, maxHeight }: ViewRequest,
    viewer: WebrtcViewer,
    shard: WebrtcShard,
  ): AdaptiveView {
    const { fitter, rungs } = this.#options;
    const { offer, plan } = viewer;
    const view = new AdaptiveView({
      offer,
      plan,
      choice: quality,
      maxHeight,
      rungs: () => rungs?.(stream) ?? [],
      fit: (name) => {
        const carriage = viewingCarriage(offer, stream.tracks);
        return fitter?.fit(stream, carriage, name === SOURCE_QUALITY ? undefined : name) ?? stream;
      },
      rest: () => viewer.rest(),
      move: async (target, targetPlan) => shard.move(viewer, target, targetPlan),
    });
    viewer.onLine = (figures) => view.onLine(figures);
    viewer.onEnd(() => view.close());
    return view;
  }

  #begin(
    request: ViewRequest,
    viewer: WebrtcViewer,
    quality: AdaptiveView,
    answer: string,
    leave: () => void,
  ): View {
    const { camera, peer, userAgent, identity } = request;
    const { record, end } = this.#options.sessions.begin(
      { protocol: 'webrtc', kind: 'view', cameraId: camera.id, peer, userAgent, transport: 'udp', identity },
      viewer,
    );
    const key = randomUUID();
    const etag = `"${record.id.slice(0, 8)}"`;
    this.#entries.set(key, { viewer, quality, cameraId: camera.id, etag });
    viewer.onEnd((reason) => {
      this.#entries.delete(key);
      leave();
      end(reason);
    });
    // The peer gave up while its answer was made: nobody will ever connect.
    if (request.signal.aborted) viewer.close('the viewer did not wait for its answer');
    return { key, answer, etag };
  }
}

/** Whether the camera is live, or becomes so within its time. */
async function becomesLive({ stream }: CameraView, signal: AbortSignal): Promise<boolean> {
  if (!stream.isLive && !signal.aborted) {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LIVE_TIMEOUT_MS)]);
    await stream.live(patience).catch(() => undefined);
  }
  return stream.isLive;
}

/** What goes wrong between us and a worker is nothing that the peer did. */
function asRefusal(error: unknown): unknown {
  const isLinkError = error instanceof Error && error.name === 'LinkError';
  if (!isLinkError) return error;
  const refusal = new ViewingRefused('ERR_WEBRTC_UNAVAILABLE', 'WebRTC is being restarted.', 1);
  refusal.cause = error;
  return refusal;
}

/** A UDP port that nobody has taken a moment ago. */
async function freePort(host: string): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
