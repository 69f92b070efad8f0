import type { IncomingMessage } from 'node:http';
import { SourceError } from '../cameras/source.ts';
import { socketError } from './socket-error.ts';

/** From the head of an answer to its end, and between two of its chunks. */
const BODY_TIMEOUT_MS = 60_000;
const SILENCE_MS = 10_000;

/**
 * Reads the body of an answer to its end.
 *
 * @param limit bytes at most
 * @throws {SourceError} `ERR_HTTP_TOO_LARGE`, `ERR_HTTP_TIMEOUT`, `ERR_CONNECTION_LOST`, `ERR_CONNECT_ABORTED`.
 */
export async function readHttpBody(
  answer: IncomingMessage,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const late = (): void =>
    reject(new SourceError('ERR_HTTP_TIMEOUT', 'the server did not send its answer in time'));
  const silence = setTimeout(late, SILENCE_MS);
  const deadline = setTimeout(late, BODY_TIMEOUT_MS);
  const abort = (): void => reject(new SourceError('ERR_CONNECT_ABORTED', 'no longer wanted'));
  signal.addEventListener('abort', abort, { once: true });
  answer.on('data', (chunk: Uint8Array) => {
    silence.refresh();
    length += chunk.length;
    chunks.push(chunk);
    if (length > limit)
      reject(new SourceError('ERR_HTTP_TOO_LARGE', `an answer of the server has more than ${limit} bytes`));
  });
  answer.once('end', () => resolve(Buffer.concat(chunks, length)));
  answer.once('error', (error) => reject(socketError(error)));
  answer.once('close', () =>
    reject(new SourceError('ERR_CONNECTION_LOST', 'the server closed the connection')),
  );
  try {
    if (signal.aborted) abort();
    return await promise;
  } catch (error) {
    answer.destroy();
    throw error;
  } finally {
    clearTimeout(silence);
    clearTimeout(deadline);
    signal.removeEventListener('abort', abort);
  }
}
