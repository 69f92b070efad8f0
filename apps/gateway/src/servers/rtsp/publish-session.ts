import {
  decideSetup,
  isRefusal,
  nextServerState,
  rtspResponse,
  serializeInterleavedFrame,
  serializeTransport,
  type RtspRequest,
  type RtspResponse,
  type ServerSessionState,
} from '@vedette/protocols';
import type { Identity } from '../../access/identity.ts';
import { MediaLinks } from './media-links.ts';
import type { OpenPublisher, Publisher, TrackTransport } from './ports.ts';
import { PeerOffence, type RtspPeer, type Visitor } from './rtsp-peer.ts';
import { refusePublish } from './publish-refusal.ts';
import {
  createSessionId,
  sessionResponse,
  type RtspSession,
  type SessionConnection,
  type SessionEnd,
  type SessionHost,
} from './rtsp-session.ts';
import { mediaIndexOf } from './rtsp-target.ts';

/** A peer that publishes to a camera; made by ANNOUNCE. */
export class PublishSession implements RtspSession {
  readonly id = createSessionId();
  readonly cameraId: string;
  connection: SessionConnection | undefined;
  lastSeenMs: number;
  readonly #host: SessionHost;
  readonly #peer: RtspPeer;
  readonly #identity: Identity;
  readonly #publisher: Publisher;
  readonly #links: MediaLinks;
  #state: ServerSessionState = { name: 'announced' };
  #setups = 0;
  #endRegistration: ((reason: string) => void) | undefined;
  #isClosed = false;

  /** @throws {ProtocolError} the description cannot be used. */
  constructor(
    cameraId: string,
    description: string,
    host: SessionHost,
    { peer, identity }: Visitor,
    openPublisher: OpenPublisher,
  ) {
    this.cameraId = cameraId;
    this.lastSeenMs = host.now();
    this.#host = host;
    this.#peer = peer;
    this.#identity = identity;
    const publisher = openPublisher(cameraId, description, (reason) => this.#end(reason, 'farewell'));
    this.#publisher = publisher;
    this.#links = new MediaLinks(peer, host.udp, {
      onRtp: (media, packet) => {
        this.lastSeenMs = host.now();
        publisher.onRtp(media, packet);
      },
      onRtcp: (media, packet) => publisher.onRtcp(media, packet),
      onReplaced: () => this.#end('the same UDP ports were set up by another session', 'farewell'),
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
   * @param control what the URL has behind the camera.
   * @throws {PeerOffence} too many SETUPs.
   */
  setup(request: RtspRequest, control: string | undefined): RtspResponse {
    this.#setups += 1;
    if (this.#setups > this.#host.limits.setups) {
      throw new PeerOffence(453, `more than ${this.#host.limits.setups} SETUP requests in one session`);
    }
    const { controls } = this.#publisher;
    if (control === undefined && controls.length > 1) return rtspResponse(request, 459);
    const media = control === undefined ? 0 : mediaIndexOf(control, controls);
    if (media === undefined) return rtspResponse(request, 404);
    const allowsUdp = this.#host.udp !== undefined && !this.#peer.isSecure;
    const decision = decideSetup(request, this.#state, { media, allowsUdp });
    if (isRefusal(decision)) return rtspResponse(request, decision.status, decision.headers);
    const state = nextServerState(this.#state, { type: 'setup', track: decision });
    if (state === undefined) return rtspResponse(request, 455);
    const { way, answer } = this.#links.open(decision);
    this.#publisher.setup(media, way.kind === 'datagram', rtcpSender(way));
    this.#state = state;
    return this.#respond(request, { Transport: serializeTransport(answer) });
  }

  record(request: RtspRequest, userAgent: string | undefined): RtspResponse {
    if (this.#state.name === 'recording') return this.#respond(request);
    const verdict = this.#publisher.record();
    if (!verdict.ok) return refusePublish(request, verdict);
    this.#state = nextServerState(this.#state, { type: 'record' }) ?? this.#state;
    this.#register(userAgent);
    return this.#respond(request);
  }

  onFrame(channel: number, payload: Uint8Array): void {
    this.#links.onFrame(channel, payload);
  }

  close(reason: string): void {
    this.#end(reason, 'keep');
  }

  #end(reason: string, then: SessionEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#state = { name: 'closed' };
    this.#publisher.close();
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
        ...{ protocol: 'rtsp', kind: 'publish', cameraId: this.cameraId, peer, userAgent, transport },
        identity: this.#identity,
      },
      { totals: () => this.#publisher.totals(), close: (reason) => this.#end(reason, 'farewell') },
    );
    this.#endRegistration = end;
  }

  #respond(request: RtspRequest, headers?: Readonly<Record<string, string>>): RtspResponse {
    return sessionResponse(request, this, this.#host, 200, headers);
  }
}

function rtcpSender(way: TrackTransport): (packet: Uint8Array) => void {
  if (way.kind === 'datagram') return (packet) => way.peer.sendRtcp(packet);
  const { socket, rtcpChannel } = way;
  return (packet) => {
    socket.write(serializeInterleavedFrame(rtcpChannel, packet));
  };
}
