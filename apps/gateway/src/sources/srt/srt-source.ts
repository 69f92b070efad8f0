import { ProtocolError, TsDemuxer, type ErrorCode } from '@vedette/media';
import { parseSrtUrl } from '@vedette/protocols';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { AddressRefusedError, networkGuard, type AddressGuard } from '../../net/guarded-lookup.ts';
import { callSrt, type SrtCallLink } from '../../net/srt/call-srt.ts';
import { steadyClock } from '../../stream/stream.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';
import { socketError } from '../socket-error.ts';

/** Faults that only a new configuration can mend; trying a password again and again locks users out. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  'ERR_SRT_URL',
  'ERR_SRT_SECRET',
  'ERR_SRT_UNAUTHORIZED',
  'ERR_ADDRESS_REFUSED',
]);
const SILENCE_MS = 10_000;
/** A camera that sends and sends, and never a picture to begin with. */
const NO_PICTURE_MS = 30_000;
const POLL_MS = 500;

export interface SrtSourceOptions {
  /** `srt://host:port?streamid=…&passphrase=…&latency=…&pbkeylen=…`. */
  readonly address: string;
  /** How long a camera may send nothing, in milliseconds; default 10 000. */
  readonly silenceMs?: number;
  /** Where the call may lead; default `networkGuard`. */
  readonly guard?: AddressGuard | undefined;
}

/** A camera or encoder that listens by SRT, and is called: MPEG-TS. */
export class SrtSource implements Source {
  readonly #options: SrtSourceOptions;

  constructor(options: SrtSourceOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    let call: SrtCallLink | undefined;
    try {
      const { signal } = context;
      const { address, guard = networkGuard } = this.#options;
      call = await callSrt(parseSrtUrl(address), { guard, signal });
      await this.#receive(call, context);
    } catch (error) {
      if (!context.signal.aborted) throw toSourceError(error);
    } finally {
      await call?.close();
    }
  }

  async #receive({ link }: SrtCallLink, context: SourceContext): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const feed = new DemuxedFeed((tracks) => context.open(tracks));
    const demuxer = new TsDemuxer(feed, {
      onDamage: (event, amount) => {
        // Transport packets are lost by whole datagrams, which the connection has counted.
        if (event === 'damagedPictures') context.count(event, amount);
      },
      onIgnored: (what) => context.log('the camera offers more than is used', { skipped: what }),
    });
    const silence = this.#watch(() => feed.isOpen, reject);
    const leave = (): void => resolve(undefined);
    let lost = 0;
    link.listen({
      onPayload: (payload) => {
        silence.heard();
        try {
          demuxer.push(payload);
        } catch (error) {
          reject(error);
        }
        context.count('lostPackets', link.statistics.receiveDropped - lost);
        lost = link.statistics.receiveDropped;
      },
      onClosed: (reason) => reject(new SourceError('ERR_CONNECTION_LOST', `the camera is gone: ${reason}`)),
    });
    context.signal.addEventListener('abort', leave, { once: true });
    try {
      if (!context.signal.aborted) await promise;
    } finally {
      silence.stop();
      context.signal.removeEventListener('abort', leave);
      link.listen({ onPayload: () => undefined, onClosed: () => undefined });
      feed.close();
    }
  }

  #watch(isLive: () => boolean, fail: (error: SourceError) => void): { heard(): void; stop(): void } {
    const { silenceMs = SILENCE_MS } = this.#options;
    const startedMs = steadyClock();
    let heardMs = startedMs;
    const timer = setInterval(() => {
      const nowMs = steadyClock();
      if (nowMs - heardMs > silenceMs) {
        fail(new SourceError('ERR_SOURCE_SILENT', `the camera has sent nothing for ${silenceMs / 1000} s`));
      } else if (!isLive() && nowMs - startedMs > NO_PICTURE_MS) {
        const sentence = `the camera has sent nothing that can be decoded within ${NO_PICTURE_MS / 1000} s`;
        fail(new SourceError('ERR_SOURCE_NO_PICTURE', sentence));
      }
    }, POLL_MS);
    return {
      heard: () => {
        heardMs = steadyClock();
      },
      stop: () => clearInterval(timer),
    };
  }
}

/** The error as whoever runs the source takes it. */
function toSourceError(error: unknown): unknown {
  if (error instanceof SourceError) return error;
  if (error instanceof ProtocolError || error instanceof AddressRefusedError) {
    return new SourceError(error.code, error.message, {
      cause: error,
      isPermanent: PERMANENT.has(error.code),
    });
  }
  return error instanceof Error && 'code' in error ? socketError(error) : error;
}
