import type { Identity } from '../../access/identity.ts';
import type { SrtLink } from '../../net/srt/srt-link.ts';
import type { SessionTotals } from '../../sessions/session-registry.ts';
import type { OpenPublisher, Publisher } from './ports.ts';
import { register, type SessionHost } from './srt-session.ts';

export interface PublishOptions {
  readonly cameraId: string;
  readonly peer: string;
  readonly identity: Identity;
  readonly openPublisher: OpenPublisher;
}

/** A peer that publishes to a camera. */
export class PublishSession {
  readonly #link: SrtLink;
  readonly #host: SessionHost;
  readonly #publisher: Publisher;
  readonly #unregister: (reason: string) => void;
  #isClosed = false;

  constructor(link: SrtLink, host: SessionHost, { openPublisher, ...info }: PublishOptions) {
    this.#link = link;
    this.#host = host;
    const publisher = openPublisher(info.cameraId, (reason) => this.close(reason));
    this.#publisher = publisher;
    this.#unregister = register(host, link, { kind: 'publish', ...info }, this);
    link.listen({
      onPayload: (payload) => publisher.onMedia(payload),
      onClosed: (reason) => this.close(reason),
    });
  }

  totals(): SessionTotals {
    return { bytes: this.#publisher.bytes, dropped: 0, queuedBytes: 0, network: this.#link.network };
  }

  /** Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#publisher.close();
    this.#unregister(reason);
    this.#host.onSessionEnd(this.#link);
  }
}
