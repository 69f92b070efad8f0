import { parseRtspUrl, type RtspUrl } from '@vedette/protocols';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { connectToCamera, type TlsTrust } from '../camera-socket.ts';
import { RtspPull, type PullEnd, type SessionFacts } from './rtsp-pull.ts';
import { toSourceError } from './source-error.ts';

const CONNECT_TIMEOUT_MS = 5000;
const SILENCE_MS = 10_000;
const MAX_REDIRECTS = 3;

export interface RtspSourceOptions {
  /** `rtsp://user:password@host:port/path`, or `rtsps://…`. */
  readonly address: string;
  /** `auto`: TCP, then UDP where the camera refuses TCP. */
  readonly transport: 'auto' | 'tcp' | 'udp';
  readonly tls?: TlsTrust;
  /** What the camera is told: `Vedette/1.0`. */
  readonly userAgent: string;
  /** How long a camera may send nothing, in milliseconds; default 10 000. */
  readonly silenceMs?: number;
  /** Told what was agreed, once per session. */
  readonly onSession?: (facts: SessionFacts) => void;
}

/** A camera that is pulled by RTSP (RFC 2326). */
export class RtspSource implements Source {
  readonly #options: RtspSourceOptions;
  /** What worked last, for `auto`. */
  #lower: 'tcp' | 'udp';

  constructor(options: RtspSourceOptions) {
    this.#options = options;
    this.#lower = options.transport === 'udp' ? 'udp' : 'tcp';
  }

  async run(context: SourceContext): Promise<void> {
    try {
      await this.#follow(parseRtspUrl(this.#options.address), context);
    } catch (error) {
      if (!context.signal.aborted) throw toSourceError(error);
    }
  }

  /** One session, and those that it is redirected to. */
  async #follow(first: RtspUrl, context: SourceContext): Promise<void> {
    let url = first;
    let redirectsLeft = MAX_REDIRECTS;
    for (;;) {
      const end = await this.#play(url, redirectsLeft, context);
      if (end.type === 'ended') return;
      ({ url, redirectsLeft } = end);
      context.log('the camera redirects', { host: url.host, port: url.port });
    }
  }

  /** One session; a second one by UDP where TCP is refused and the configuration leaves the choice. */
  async #play(url: RtspUrl, redirectsLeft: number, context: SourceContext): Promise<PullEnd> {
    try {
      return await this.#session(url, redirectsLeft, context);
    } catch (error) {
      const isRefused = error instanceof SourceError && error.code === 'ERR_RTSP_TRANSPORT_REFUSED';
      // Never from TLS to UDP: that would carry the pictures in the clear.
      if (!isRefused || this.#options.transport !== 'auto' || url.isSecure) throw error;
      this.#lower = this.#lower === 'tcp' ? 'udp' : 'tcp';
      if (this.#lower === 'tcp') throw error; // both were refused: from the start next time
      context.log('the camera refuses TCP: trying UDP');
      return this.#session(url, redirectsLeft, context);
    }
  }

  async #session(url: RtspUrl, redirectsLeft: number, context: SourceContext): Promise<PullEnd> {
    const { transport, tls = {}, userAgent } = this.#options;
    const { silenceMs = SILENCE_MS, onSession = () => undefined } = this.#options;
    if (url.isSecure && transport === 'udp') {
      throw new SourceError(
        'ERR_RTSP_TLS_UDP',
        'rtsps cannot go with UDP, which would carry pictures in the clear',
        {
          isPermanent: true,
        },
      );
    }
    const { signal } = context;
    const socket = await connectToCamera(url, { tls, timeoutMs: CONNECT_TIMEOUT_MS, signal });
    const options = { url, lower: this.#lower, userAgent, redirectsLeft, silenceMs, onSession };
    return new RtspPull(socket, options, context).run();
  }
}
