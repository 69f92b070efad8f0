import { ProtocolError } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Stream } from '../stream/stream.ts';
import { PushError, type PushContext, type PushTarget } from './push-target.ts';

/** How long a stream that has to be made (transcoded) may take. */
const FIT_LIMIT_MS = 15_000;
/** How long a destination may take from the first packet until it takes media. */
const CONNECT_LIMIT_MS = 20_000;
/** How long it may take to say goodbye. */
const GOODBYE_LIMIT_MS = 3000;

/** How an attempt ended: because it was no longer wanted, or by a fault. */
export type AttemptEnd =
  { readonly type: 'aborted' } | { readonly type: 'failed'; readonly error: PushError };

/**
 * One attempt, with the limits that hold for every kind of destination. Never rejects.
 *
 * @param fit makes the stream that is sent. Called once.
 */
export async function attemptPush(
  target: PushTarget,
  fit: () => Stream,
  context: Omit<PushContext, 'stream'>,
  logger: Logger,
): Promise<AttemptEnd> {
  const { signal } = context;
  try {
    const stream = fit();
    await stream
      .live(AbortSignal.any([signal, AbortSignal.timeout(FIT_LIMIT_MS)]))
      .catch((error: unknown) => {
        throw signal.aborted ? error : new PushError('ERR_PUSH_MEDIA', 'the media for it cannot be made now');
      });
    await withLimits(target, { ...context, stream });
    if (signal.aborted) return { type: 'aborted' };
    return failed(new PushError('ERR_PUSH_ENDED', 'the destination ended the session'));
  } catch (error) {
    if (signal.aborted) return { type: 'aborted' };
    if (error instanceof PushError) return failed(error);
    if (error instanceof ProtocolError) return failed(refusedMedia(error));
    logger.error({ err: error }, 'a push failed in a way it should not');
    return failed(
      new PushError('ERR_PUSH_FAILED', 'the push failed; the log has the details', { cause: error }),
    );
  }
}

function failed(error: PushError): AttemptEnd {
  return { type: 'failed', error };
}

/** Of the fitter, or of a format that cannot carry the tracks. */
function refusedMedia(error: ProtocolError): PushError {
  const isPermanent = error.code === 'ERR_QUALITY_UNKNOWN';
  return new PushError(error.code, error.message, { cause: error, isPermanent });
}

/** A target keeps limits of its own; one that forgot must not hold up the rest. */
async function withLimits(target: PushTarget, context: PushContext): Promise<void> {
  const { signal } = context;
  const overdue = Promise.withResolvers<never>();
  const inner = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const expire = (ms: number, error: PushError): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      overdue.reject(error);
      inner.abort();
    }, ms);
  };
  const leave = (): void => {
    inner.abort();
    expire(GOODBYE_LIMIT_MS, new PushError('ERR_PUSH_TIMEOUT', 'the destination did not let go in time'));
  };
  expire(CONNECT_LIMIT_MS, new PushError('ERR_PUSH_TIMEOUT', 'the destination did not take media in time'));
  signal.addEventListener('abort', leave, { once: true });
  try {
    const running = target.run({
      ...context,
      signal: inner.signal,
      onConnected: () => {
        if (!signal.aborted) clearTimeout(timer);
        context.onConnected();
      },
    });
    running.catch(() => undefined); // heard below, or too late
    await Promise.race([running, overdue.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}
