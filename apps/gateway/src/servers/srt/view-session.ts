import { ProtocolError } from '@vedette/media';
import type { Identity } from '../../access/identity.ts';
import type { CameraView } from '../../cameras/directory.ts';
import type { SrtLink } from '../../net/srt/srt-link.ts';
import type { SessionTotals } from '../../sessions/session-registry.ts';
import type { Stream } from '../../stream/stream.ts';
import type { FitStream, OpenViewer, Viewer } from './ports.ts';
import { register, type SessionHost } from './srt-session.ts';

export interface ViewOptions {
  readonly camera: CameraView;
  readonly peer: string;
  readonly identity: Identity;
  readonly quality: string | undefined;
  readonly fit: FitStream;
  readonly openViewer: OpenViewer;
  /** How long a camera that is connecting is waited for. */
  readonly liveWaitMs: number;
}

/** A peer that watches a camera. */
export class ViewSession {
  readonly #link: SrtLink;
  readonly #host: SessionHost;
  readonly #options: ViewOptions;
  readonly #leave = new AbortController();
  readonly #unregister: (reason: string) => void;
  #viewer: Viewer | undefined;
  #isClosed = false;

  constructor(link: SrtLink, host: SessionHost, options: ViewOptions) {
    this.#link = link;
    this.#host = host;
    this.#options = options;
    const { camera, peer, identity } = options;
    this.#unregister = register(host, link, { kind: 'view', cameraId: camera.id, peer, identity }, this);
    link.listen({
      onPayload: () => undefined, // viewers have nothing to say
      onClosed: (reason) => this.close(reason),
    });
  }

  /** Sends as soon as there is something to send. Never rejects. */
  async start(): Promise<void> {
    const { camera, quality, fit, openViewer } = this.#options;
    try {
      await this.#becomesLive(camera.stream);
      const stream = fit(camera.stream, quality);
      await this.#becomesLive(stream);
      if (this.#isClosed) return;
      this.#viewer = openViewer(stream, this.#link, (reason) => this.close(reason));
    } catch (error) {
      const isExpected = error instanceof ProtocolError || this.#leave.signal.aborted;
      this.close(
        isExpected && error instanceof Error ? error.message : 'the camera did not become live in time',
      );
    }
  }

  totals(): SessionTotals {
    const { bytes, dropped } = this.#viewer?.totals() ?? { bytes: 0, dropped: 0 };
    return { bytes, dropped, queuedBytes: this.#link.unsentBytes, network: this.#link.network };
  }

  /** Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leave.abort();
    this.#viewer?.close();
    this.#unregister(reason);
    this.#host.onSessionEnd(this.#link);
  }

  async #becomesLive(stream: Stream): Promise<void> {
    if (stream.isLive) return;
    const patience = AbortSignal.timeout(this.#options.liveWaitMs);
    await stream.live(AbortSignal.any([this.#leave.signal, patience]));
  }
}
