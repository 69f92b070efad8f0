import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { SourceError } from '../cameras/source.ts';
import { AddressRefusedError, networkGuard, type AddressGuard } from '../net/guarded-lookup.ts';
import { socketError } from './socket-error.ts';

/**
 * Which certificates are accepted from a camera that speaks TLS (without either, those that a known authority has
 * signed), and where the connection may lead at all.
 */
export interface TlsTrust {
  /** SHA-256 of the one accepted certificate, as 32 hex pairs with colons. */
  readonly fingerprint?: string | undefined;
  /** Accept any. */
  readonly isInsecure?: boolean | undefined;
  /** Default `networkGuard`; a camera that was made by the API may have a stricter one. */
  readonly guard?: AddressGuard | undefined;
}

/** Where a camera listens. */
export interface CameraEndpoint {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
}

export interface ConnectOptions {
  readonly tls: TlsTrust;
  /** For name resolution, connecting and the TLS handshake together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens the connection to a camera, TLS included: when it resolves, the camera's certificate has been accepted.
 *
 * @throws {SourceError} it cannot be reached or is not trusted; `ERR_CONNECT_ABORTED` when `signal` aborts.
 */
export async function connectToCamera(endpoint: CameraEndpoint, options: ConnectOptions): Promise<Socket> {
  const { host, port, isSecure } = endpoint;
  const { guard = networkGuard } = options.tls;
  if (isIP(host.split('%', 1)[0] ?? '') !== 0 && !guard.isAllowed(host)) throw refusedError(guard.refusal());
  if (options.signal.aborted) throw abortedError();
  const target = { host, port, lookup: guard.lookup };
  const socket = isSecure
    ? // Whether it is trusted is decided below, before a byte is sent.
      connectTls({ ...target, rejectUnauthorized: false, ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectTcp(target);
  try {
    await opened(socket, isSecure ? 'secureConnect' : 'connect', options);
    if (isTls(socket)) checkTrust(socket, options.tls);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error instanceof SourceError ? error : connectError(error);
  }
}

function connectError(error: unknown): SourceError {
  return error instanceof AddressRefusedError ? refusedError(error) : socketError(error);
}

function refusedError({ code, message }: AddressRefusedError): SourceError {
  return new SourceError(code, message, { isPermanent: true });
}

function abortedError(): SourceError {
  return new SourceError('ERR_CONNECT_ABORTED', 'no longer wanted');
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'getPeerCertificate' in socket;
}

async function opened(socket: Socket, event: string, { timeoutMs, signal }: ConnectOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const abort = (): void => reject(abortedError());
  const timer = setTimeout(() => {
    reject(new SourceError('ERR_CONNECT_TIMEOUT', `the camera did not answer within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  const fail = (error: Error): void => reject(error);
  socket.once(event, () => resolve(undefined));
  socket.once('error', fail);
  socket.once('close', () =>
    reject(new SourceError('ERR_CONNECTION_LOST', 'the camera closed the connection')),
  );
  signal.addEventListener('abort', abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    // What goes wrong after this is for the session; until it listens, errors must not end the process.
    socket.on('error', () => undefined);
    socket.removeListener('error', fail);
  }
}

function checkTrust(socket: TLSSocket, { fingerprint, isInsecure }: TlsTrust): void {
  if (isInsecure === true) return;
  const { fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint !== undefined) {
    if (fingerprint256.toUpperCase() === fingerprint.toUpperCase()) return;
    throw new SourceError(
      'ERR_TLS_FINGERPRINT',
      `the camera's certificate is not the configured one; it has the fingerprint ${fingerprint256}`,
    );
  }
  if (socket.authorized) return;
  throw new SourceError(
    'ERR_TLS_UNTRUSTED',
    `the camera's certificate is not trusted (${String(socket.authorizationError)}): if it is yours, set tlsFingerprint to ${fingerprint256}`,
  );
}
