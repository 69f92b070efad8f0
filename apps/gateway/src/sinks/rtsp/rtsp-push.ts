import { ProtocolError } from '@vedette/media';
import { parseRtspUrl, type RtspUrl } from '@vedette/protocols';
import { PushError, type PushContext, type PushTarget } from '../../push/push-target.ts';
import { connectToDestination, toPushError } from '../destination-socket.ts';
import { RtspPushSession, type PushEnd } from './rtsp-push-session.ts';
import type { RtspSinks } from './rtsp-sinks.ts';

const MAX_REDIRECTS = 3;

/** Faults that only another address or password can mend; trying again and again locks users out. */
const PERMANENT: ReadonlySet<string> = new Set([
  'ERR_RTSP_UNAUTHORIZED',
  'ERR_RTSP_FORBIDDEN',
  'ERR_RTSP_AUTH_UNSUPPORTED',
  'ERR_RTSP_URL',
]);

export interface RtspPushOptions {
  /** `rtsp://user:password@host:port/path`, or `rtsps://…`. */
  readonly address: string;
  /** The RTSP sinks of the program: a push and the viewers of a stream share their bytes. */
  readonly sinks: RtspSinks;
  /** What the destination is told: `Vedette/1.0`. */
  readonly userAgent: string;
  /** Authorities that are trusted instead of the known ones, PEM. */
  readonly authorities?: string;
}

/** Sends a camera to an RTSP server (ANNOUNCE and RECORD, RFC 2326 §10.3, §10.11), in its own connection. */
export class RtspPush implements PushTarget {
  readonly #options: RtspPushOptions;

  constructor(options: RtspPushOptions) {
    this.#options = options;
  }

  async run(context: PushContext): Promise<void> {
    try {
      await this.#follow(parseRtspUrl(this.#options.address), context);
    } catch (error) {
      if (!context.signal.aborted) throw inWords(error);
    }
  }

  /** One session, and those that it is redirected to. */
  async #follow(first: RtspUrl, context: PushContext): Promise<void> {
    let end: PushEnd = { type: 'redirected', url: first, redirectsLeft: MAX_REDIRECTS };
    while (end.type === 'redirected') end = await this.#session(end.url, end.redirectsLeft, context);
  }

  async #session(url: RtspUrl, redirectsLeft: number, context: PushContext): Promise<PushEnd> {
    const { sinks, userAgent, authorities } = this.#options;
    const { guard, signal } = context;
    const trust = authorities === undefined ? {} : { authorities };
    const socket = await connectToDestination(url, { guard, signal, ...trust });
    return new RtspPushSession(socket, { url, sinks, userAgent, redirectsLeft }, context).run();
  }
}

/** RTSP's errors are written for cameras. */
function inWords(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return toPushError(error);
  const sentence = error.message.replaceAll('the camera', 'the destination');
  return new PushError(error.code, sentence, { isPermanent: PERMANENT.has(error.code), cause: error });
}
