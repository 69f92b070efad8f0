import { ProtocolError, type ErrorCode } from '@vedette/media';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AddressRefusedError, type AddressGuard } from '../net/guarded-lookup.ts';
import { PushError } from '../push/push-target.ts';

const CONNECT_TIMEOUT_MS = 5000;

export interface Destination {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS; the certificate must be signed by a known authority, or by one of `NODE_EXTRA_CA_CERTS`. */
  readonly isSecure: boolean;
}

export interface DestinationOptions {
  /** Where the push may lead. */
  readonly guard: AddressGuard;
  readonly signal: AbortSignal;
  /** Authorities that are trusted instead of the known ones, PEM. */
  readonly authorities?: string;
  /** For name resolution, connecting and the TLS handshake together; default 5000. */
  readonly timeoutMs?: number;
}

const BY_CODE: Readonly<Record<string, readonly [code: ErrorCode, sentence: string]>> = {
  ECONNREFUSED: ['ERR_CONNECT_REFUSED', 'nothing listens at the destination’s address and port'],
  EHOSTUNREACH: ['ERR_CONNECT_UNREACHABLE', 'the network has no way to the destination'],
  ENETUNREACH: ['ERR_CONNECT_UNREACHABLE', 'the network has no way to the destination'],
  ETIMEDOUT: ['ERR_CONNECT_TIMEOUT', 'the destination does not answer'],
  ENOTFOUND: ['ERR_CONNECT_NAME', 'the name of the destination cannot be resolved'],
  EAI_AGAIN: ['ERR_CONNECT_NAME', 'the name of the destination cannot be resolved'],
  ECONNRESET: ['ERR_CONNECTION_LOST', 'the destination closed the connection'],
  EPIPE: ['ERR_CONNECTION_LOST', 'the destination closed the connection'],
};
const TLS_CODES =
  /^(?:ERR_SSL|ERR_TLS|EPROTO|CERT_|DEPTH_ZERO_SELF|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;

/** What ended a push's connection, in words for the person who runs it. */
export function toPushError(error: unknown): unknown {
  if (error instanceof PushError) return error;
  if (error instanceof AddressRefusedError) {
    return new PushError(error.code, error.message, { isPermanent: true, cause: error });
  }
  if (error instanceof ProtocolError) return new PushError(error.code, error.message, { cause: error });
  const code = systemCode(error);
  if (code === undefined) return error;
  const [ours, sentence] = BY_CODE[code] ?? fault(code);
  return new PushError(ours, sentence, { cause: error });
}

/**
 * Opens the connection to a push's destination, TLS included: when it resolves, its certificate has been accepted.
 *
 * @throws {PushError} it cannot be reached or is not trusted; any when `signal` aborts.
 */
export async function connectToDestination(
  { host, port, isSecure }: Destination,
  { guard, signal, authorities, timeoutMs = CONNECT_TIMEOUT_MS }: DestinationOptions,
): Promise<Socket> {
  if (isIP(host.split('%', 1)[0] ?? '') !== 0 && !guard.isAllowed(host)) {
    throw toPushError(guard.refusal());
  }
  const target = { host, port, lookup: guard.lookup };
  const name = isIP(host) === 0 ? { servername: host } : {};
  const trust = authorities === undefined ? {} : { ca: authorities };
  const socket = isSecure ? connectTls({ ...target, ...name, ...trust }) : connectTcp(target);
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const abort = (): void => reject(new PushError('ERR_CONNECT_ABORTED', 'no longer wanted'));
  const late = (): void => {
    const sentence = `the destination did not answer within ${timeoutMs / 1000} s`;
    reject(new PushError('ERR_CONNECT_TIMEOUT', sentence));
  };
  const timer = setTimeout(late, timeoutMs);
  socket.once(isSecure ? 'secureConnect' : 'connect', () => resolve(undefined));
  // Stays: until the session listens, errors must not end the process.
  socket.on('error', (error) => reject(error));
  socket.once('close', () =>
    reject(new PushError('ERR_CONNECTION_LOST', 'the destination closed the connection')),
  );
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await promise;
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.destroy();
    throw toPushError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function fault(code: string): readonly [code: ErrorCode, sentence: string] {
  return TLS_CODES.test(code)
    ? ['ERR_TLS_FAILED', `no trusted TLS connection to the destination comes about (${code})`]
    : ['ERR_CONNECT_FAILED', `the connection failed (${code})`];
}

/** Of several addresses that all failed, the first one's code. */
function systemCode(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return systemCode(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
