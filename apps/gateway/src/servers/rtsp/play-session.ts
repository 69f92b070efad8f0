import {
  decideSetup,
  INITIAL_SERVER_STATE,
  isRefusal,
  nextServerState,
  parseRange,
  rtspResponse,
  serializeRange,
  serializeRtpInfo,
  serializeTransport,
  type RtspRequest,
  type RtspResponse,
  type ServerSessionState,
} from '@vedette/protocols';
import type { Identity } from '../../access/identity.ts';
import type { Stream } from '../../stream/stream.ts';
import { MediaLinks } from './media-links.ts';
import type { OpenViewer, TrackStart, Viewer } from './ports.ts';
import { PeerOffence, type RtspPeer, type Visitor } from './rtsp-peer.ts';
import {
  createSessionId,
  sessionResponse,
  withReason,
  type RtspSession,
  type SessionConnection,
  type SessionEnd,
  type SessionHost,
} from './rtsp-session.ts';

/** A peer that watches a camera. */
export class PlaySession implements RtspSession {
  readonly id = createSessionId();
  readonly cameraId: string;
  connection: SessionConnection | undefined;
  lastSeenMs: number;
  readonly #stream: Stream;
  readonly #host: SessionHost;
  readonly #peer: RtspPeer;
  readonly #identity: Identity;
  readonly #viewer: Viewer;
  readonly #links: MediaLinks;
  /** The URL by which each track was set up: what RTP-Info calls it. */
  readonly #urls = new Map<number, string>();
  #state: ServerSessionState = INITIAL_SERVER_STATE;
  #setups = 0;
  #endRegistration: ((reason: string) => void) | undefined;
  /** Set while PLAY is under way: an end found there is answered, not hung up on. */
  #refusal: string | undefined;
  #isStarting = false;
  #isClosed = false;

  constructor(stream: Stream, host: SessionHost, { peer, identity }: Visitor, openViewer: OpenViewer) {
    this.cameraId = stream.id;
    this.lastSeenMs = host.now();
    this.#stream = stream;
    this.#host = host;
    this.#peer = peer;
    this.#identity = identity;
    this.#viewer = openViewer(stream, (reason, isStalled) => this.#onViewerEnd(reason, isStalled));
    this.#links = new MediaLinks(peer, host.udp, {
      onRtp: () => undefined, // holes punched in firewalls
      onRtcp: () => {
        this.lastSeenMs = host.now();
      },
      onReplaced: () => this.close('the same UDP ports were set up by another session', false),
    });
  }

  get peerAddress(): string {
    return this.#peer.address;
  }

  get state(): ServerSessionState {
    return this.#state;
  }

  get isDatagram(): boolean {
    return this.#links.isDatagram;
  }

  /**
   * @param trackId place of the track that the URL names; `undefined` where it names the whole presentation.
   * @throws {PeerOffence} too many SETUPs.
   */
  setup(request: RtspRequest, trackId: number | undefined): RtspResponse {
    this.#setups += 1;
    if (this.#setups > this.#host.limits.setups) {
      throw new PeerOffence(453, `more than ${this.#host.limits.setups} SETUP requests in one session`);
    }
    const { tracks } = this.#stream;
    const track = tracks[trackId ?? 0];
    if (trackId === undefined && tracks.length > 1) return rtspResponse(request, 459);
    if (track === undefined) return withReason(rtspResponse(request, 404), `no track ${trackId ?? 0}`);
    const allowsUdp = this.#host.udp !== undefined && !this.#peer.isSecure;
    const decision = decideSetup(request, this.#state, { media: track.id, allowsUdp });
    if (isRefusal(decision)) return rtspResponse(request, decision.status, decision.headers);
    const state = nextServerState(this.#state, { type: 'setup', track: decision });
    if (state === undefined) return rtspResponse(request, 455);
    const { way, answer } = this.#links.open(decision);
    this.#viewer.setup(track.id, track.kind === 'video', way);
    this.#state = state;
    this.#urls.set(track.id, request.url);
    const transport = serializeTransport({ ...answer, ssrc: this.#viewer.ssrcOf(track.id) });
    return this.#respond(request, { Transport: transport });
  }

  /**
   * Starts, or goes on after a pause.
   *
   * @param send called with the response, right before the first media.
   * @throws {ProtocolError} `ERR_RTSP_RANGE`.
   */
  play(request: RtspRequest, userAgent: string | undefined, send: (response: RtspResponse) => void): void {
    const range = request.headers.get('Range');
    const wanted = range === undefined ? undefined : parseRange(range);
    if (wanted !== undefined && (wanted.unit !== 'npt' || wanted.end !== undefined)) {
      send(withReason(rtspResponse(request, 457), 'this is live: Range can only be npt=now-'));
      return;
    }
    if (this.#state.name === 'playing') {
      send(this.#respond(request, { Range: serializeRange({ unit: 'npt', start: 'now' }) }));
      return;
    }
    this.#isStarting = true;
    const isPlaying = this.#viewer.play((starts) => send(this.#playResponse(request, starts)));
    this.#isStarting = false;
    if (!isPlaying) {
      send(withReason(rtspResponse(request, 404), this.#refusal ?? 'the stream has ended'));
      this.close(this.#refusal ?? 'the stream has ended', false);
      return;
    }
    this.#state = nextServerState(this.#state, { type: 'play' }) ?? this.#state;
    this.#register(userAgent);
  }

  pause(request: RtspRequest): RtspResponse {
    this.#viewer.pause();
    this.#state = nextServerState(this.#state, { type: 'pause' }) ?? this.#state;
    return this.#respond(request);
  }

  onFrame(channel: number, payload: Uint8Array): void {
    this.#links.onFrame(channel, payload);
  }

  close(reason: string, isPolite: boolean): void {
    this.#end(reason, isPolite ? reason : undefined, 'keep');
  }

  #onViewerEnd(reason: string, isStalled: boolean): void {
    if (this.#isStarting) this.#refusal = reason;
    else this.#end(reason, undefined, isStalled ? 'abort' : 'farewell');
  }

  #end(reason: string, goodbye: string | undefined, then: SessionEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#state = { name: 'closed' };
    this.#viewer.close(goodbye);
    this.#links.close();
    this.#endRegistration?.(reason);
    this.#host.onSessionEnd(this, then);
  }

  #register(userAgent: string | undefined): void {
    if (this.#endRegistration !== undefined) return;
    const { name: peer, isSecure } = this.#peer;
    const transport = this.isDatagram ? 'udp' : isSecure ? 'tls' : 'tcp';
    const { end } = this.#host.registry.begin(
      {
        ...{ protocol: 'rtsp', kind: 'view', cameraId: this.cameraId, peer, userAgent, transport },
        identity: this.#identity,
      },
      { totals: () => this.#viewer.totals(), close: (reason) => this.#end(reason, reason, 'farewell') },
    );
    this.#endRegistration = end;
  }

  #playResponse(request: RtspRequest, starts: readonly TrackStart[]): RtspResponse {
    const headers: Record<string, string> = { Range: serializeRange({ unit: 'npt', start: 'now' }) };
    const info = starts.map(({ trackId, sequenceNumber, rtpTimestamp }) => ({
      url: this.#urls.get(trackId) ?? request.url,
      sequenceNumber,
      rtpTime: rtpTimestamp,
    }));
    if (info.length > 0) headers['RTP-Info'] = serializeRtpInfo(info);
    return this.#respond(request, headers);
  }

  #respond(request: RtspRequest, headers?: Readonly<Record<string, string>>): RtspResponse {
    return sessionResponse(request, this, this.#host, 200, headers);
  }
}
