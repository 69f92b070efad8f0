import type { Duplex } from 'node:stream';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { networkGuard } from '../../net/guarded-lookup.ts';
import { connectToCamera, type TlsTrust } from '../camera-socket.ts';
import type { HttpAddress } from '../http-address.ts';
import { openHttpTunnel } from './http-tunnel.ts';
import { parseRtspAddress, type RtspAddress } from './rtsp-address.ts';
import { RtspPull, type PullEnd, type RtspLower, type SessionFacts } from './rtsp-pull.ts';
import { toSourceError } from './source-error.ts';
import { openWebSocketTunnel } from './websocket-tunnel.ts';

const CONNECT_TIMEOUT_MS = 5000;
const SILENCE_MS = 10_000;
const MAX_REDIRECTS = 3;

export interface RtspSourceOptions {
  /** `rtsp://user:password@host:port/path`, `rtsps://…`, or a tunnel: `rtsp+http(s)://…`, `rtsp+ws(s)://…`. */
  readonly address: string;
  /** `auto`: TCP, then UDP where the camera refuses TCP. */
  readonly transport: 'auto' | RtspLower;
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
  #lower: RtspLower;

  constructor(options: RtspSourceOptions) {
    this.#options = options;
    this.#lower = options.transport === 'auto' ? 'tcp' : options.transport;
  }

  async run(context: SourceContext): Promise<void> {
    try {
      await this.#follow(parseRtspAddress(this.#options.address), context);
    } catch (error) {
      if (!context.signal.aborted) throw toSourceError(error);
    }
  }

  /** One session, and those that it is redirected to. */
  async #follow(first: RtspAddress, context: SourceContext): Promise<void> {
    let address = first;
    let redirectsLeft = MAX_REDIRECTS;
    for (;;) {
      const end = await this.#play(address, redirectsLeft, context);
      if (end.type === 'ended') return;
      const { url } = end;
      redirectsLeft = end.redirectsLeft;
      address = { carrier: 'direct', isSecure: url.isSecure, url };
      context.log('the camera redirects', { host: url.host, port: url.port });
    }
  }

  /** One session; a second one by UDP where TCP is refused and the configuration leaves the choice. */
  async #play(address: RtspAddress, redirectsLeft: number, context: SourceContext): Promise<PullEnd> {
    try {
      return await this.#session(address, redirectsLeft, context);
    } catch (error) {
      const isRefused = error instanceof SourceError && error.code === 'ERR_RTSP_TRANSPORT_REFUSED';
      const isBound = address.isSecure || address.carrier !== 'direct';
      // Never from TLS to UDP: that would carry the pictures in the clear.
      if (!isRefused || this.#options.transport !== 'auto' || isBound) throw error;
      this.#lower = this.#lower === 'tcp' ? 'udp' : 'tcp';
      if (this.#lower === 'tcp') throw error; // both were refused: from the start next time
      context.log('the camera refuses TCP: trying UDP');
      return this.#session(address, redirectsLeft, context);
    }
  }

  async #session(address: RtspAddress, redirectsLeft: number, context: SourceContext): Promise<PullEnd> {
    const { transport, userAgent, tls } = this.#options;
    const { silenceMs = SILENCE_MS, onSession = () => undefined } = this.#options;
    const { carrier, isSecure, url } = address;
    const isDatagram = transport === 'udp' || transport === 'multicast';
    if (isDatagram && (isSecure || carrier !== 'direct')) {
      const sentence = isSecure
        ? 'rtsps cannot go with UDP, which would carry pictures in the clear'
        : 'inside a tunnel there is no UDP: set transport to tcp';
      throw new SourceError('ERR_RTSP_TLS_UDP', sentence, { isPermanent: true });
    }
    const connection = await this.#connect(address, context.signal);
    const lower = carrier === 'direct' ? this.#lower : 'tcp';
    const guard = tls?.guard ?? networkGuard;
    const options = { url, lower, isSecure, userAgent, redirectsLeft, silenceMs, onSession, guard };
    return new RtspPull(connection, options, context).run();
  }

  async #connect({ carrier, isSecure, url }: RtspAddress, signal: AbortSignal): Promise<Duplex> {
    const { tls = {}, userAgent } = this.#options;
    const options = { tls, timeoutMs: CONNECT_TIMEOUT_MS, signal, userAgent };
    if (carrier === 'direct') return connectToCamera(url, options);
    const { host, port, target, user, password = '' } = url;
    const credentials = user === undefined ? undefined : { user, password };
    const path = target.startsWith('/') ? target : `/${target}`;
    const address: HttpAddress = { isSecure, host, port, target: path, credentials };
    return carrier === 'http' ? openHttpTunnel(address, options) : openWebSocketTunnel(address, options);
  }
}
