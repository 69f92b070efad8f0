import { parseWebrtcOffer, planPublishing, type IceServer } from '@vedette/protocols';
import { randomUUID } from 'node:crypto';
import type { Identity } from '../../access/identity.ts';
import type { CameraDirectory } from '../../cameras/directory.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import type { PublisherWorkers } from '../../workers/webrtc/publishing.ts';
import { PublishingRefused } from './publishing-refused.ts';
import { WebrtcPublisher } from './webrtc-publisher.ts';

export interface WhipOptions {
  readonly workers: PublisherWorkers;
  readonly cameras: CameraDirectory;
  readonly sessions: SessionRegistry;
  /** Servers that publishers are told of. */
  readonly iceServers: readonly IceServer[];
  /** Publishers at a time, those that are still connecting included. */
  readonly maxPublishers?: number;
  readonly maxPublishersPerAddress?: number;
}

/** A peer that asks to publish. */
export interface PublishOffer {
  readonly cameraId: string;
  /** As it came. */
  readonly offer: string;
  /** Address of the peer, without port. */
  readonly peer: string;
  readonly userAgent?: string | undefined;
  readonly identity: Identity;
  /** Aborts when the peer no longer waits for the answer. */
  readonly signal: AbortSignal;
}

/** A publication that has begun. */
export interface Publication {
  /**
   * Names the resource. Whoever knows it may end the session: it is told to the publisher alone, and is not the id
   * by which lists show the session.
   */
  readonly key: string;
  readonly answer: string;
  readonly etag: string;
}

interface Entry {
  readonly publisher: WebrtcPublisher;
  readonly cameraId: string;
  readonly etag: string;
}

/** Publishing by WebRTC: takes offers, keeps the publishers' sessions. */
export class WhipService {
  readonly #options: WhipOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #perAddress = new Map<string, number>();
  #admitted = 0;

  constructor(options: WhipOptions) {
    this.#options = options;
  }

  get iceServers(): readonly IceServer[] {
    return this.#options.iceServers;
  }

  /**
   * Answers an offer. The camera is live with the first picture that can be decoded.
   *
   * @throws {ProtocolError} the offer is bad (`ERR_SDP_…`, `ERR_WEBRTC_OFFER`, `ERR_WEBRTC_BUNDLE`), or
   * offers nothing that can be taken (`ERR_PUBLISH_CODEC`, `ERR_PUBLISH_NO_TRACKS`).
   * @throws {PublishingRefused} not to this camera, or not now.
   */
  async publish(request: PublishOffer): Promise<Publication> {
    const { workers, cameras } = this.#options;
    const { cameraId } = request;
    const verdict = cameras.canPublish(cameraId);
    if (!verdict.ok) throw PublishingRefused.by(verdict);
    const offer = parseWebrtcOffer(request.offer);
    const plan = planPublishing(offer);
    const leave = this.#admit(request.peer);
    const publisher = new WebrtcPublisher(cameraId, offer, { cameras });
    publisher.whenEnded(leave);
    try {
      const line = await workers.receive(offer, plan, publisher);
      publisher.start(line);
      return this.#begin(request, publisher, line.answer);
    } catch (error) {
      publisher.close('it could not be connected');
      throw asRefusal(error);
    }
  }

  /** The publisher of a session of `cameraId`, and the tag of its resource. */
  find(cameraId: string, key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry?.cameraId === cameraId ? entry : undefined;
  }

  /** Ends every session. Safe to call twice. */
  close(): void {
    for (const { publisher } of [...this.#entries.values()]) publisher.close('the gateway is closing');
  }

  #begin(request: PublishOffer, publisher: WebrtcPublisher, answer: string): Publication {
    const { cameraId, peer, userAgent, identity, signal } = request;
    const { record, end } = this.#options.sessions.begin(
      { protocol: 'webrtc', kind: 'publish', cameraId, peer, userAgent, transport: 'udp', identity },
      publisher,
    );
    const key = randomUUID();
    const etag = `"${record.id.slice(0, 8)}"`;
    this.#entries.set(key, { publisher, cameraId, etag });
    publisher.whenEnded((reason) => {
      this.#entries.delete(key);
      end(reason);
    });
    // The peer gave up while its answer was made: nobody will ever connect.
    if (signal.aborted) publisher.close('the publisher did not wait for its answer');
    return { key, answer, etag };
  }

  /** @returns gives the place back. */
  #admit(peer: string): () => void {
    const { maxPublishers = 200, maxPublishersPerAddress = 50 } = this.#options;
    const fromHere = this.#perAddress.get(peer) ?? 0;
    if (this.#admitted >= maxPublishers) {
      throw new PublishingRefused('ERR_WEBRTC_FULL', `There are ${maxPublishers} publishers already.`);
    }
    if (fromHere >= maxPublishersPerAddress) {
      const message = `There are ${maxPublishersPerAddress} publishers from your address already.`;
      throw new PublishingRefused('ERR_WEBRTC_TOO_MANY', message);
    }
    this.#admitted += 1;
    this.#perAddress.set(peer, fromHere + 1);
    return () => {
      this.#admitted -= 1;
      const left = (this.#perAddress.get(peer) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(peer);
      else this.#perAddress.set(peer, left);
    };
  }
}

/** What goes wrong between us and a worker is nothing that the peer did. */
function asRefusal(error: unknown): unknown {
  const isLinkError = error instanceof Error && error.name === 'LinkError';
  if (!isLinkError) return error;
  return new PublishingRefused('ERR_WEBRTC_UNAVAILABLE', 'WebRTC is being restarted.', { cause: error });
}
