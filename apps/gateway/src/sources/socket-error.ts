import type { ErrorCode } from '@vedette/media';
import { SourceError } from '../cameras/source.ts';

const BY_CODE: Readonly<Record<string, readonly [code: ErrorCode, sentence: string]>> = {
  ECONNREFUSED: ['ERR_CONNECT_REFUSED', 'nothing listens at this address and port'],
  EHOSTUNREACH: ['ERR_CONNECT_UNREACHABLE', 'the network has no way to this address'],
  ENETUNREACH: ['ERR_CONNECT_UNREACHABLE', 'the network has no way to this address'],
  ETIMEDOUT: ['ERR_CONNECT_TIMEOUT', 'the camera does not answer'],
  ENOTFOUND: ['ERR_CONNECT_NAME', 'the name of the camera cannot be resolved'],
  EAI_AGAIN: ['ERR_CONNECT_NAME', 'the name of the camera cannot be resolved'],
  ECONNRESET: ['ERR_CONNECTION_LOST', 'the camera closed the connection'],
  EPIPE: ['ERR_CONNECTION_LOST', 'the camera closed the connection'],
};

/** What a socket's error means to the person who runs the camera. */
export function socketError(error: unknown): SourceError {
  const code = systemCode(error);
  const [ours, sentence] = BY_CODE[code] ??
    tlsFault(code) ?? ['ERR_CONNECT_FAILED', `the connection failed (${code})`];
  return new SourceError(ours, sentence, { cause: error });
}

/** Of several addresses that all failed, the first one's code. */
function systemCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return systemCode(error.errors[0]);
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

function tlsFault(code: string): readonly [code: ErrorCode, sentence: string] | undefined {
  if (!/^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(code)) return undefined;
  return ['ERR_TLS_FAILED', `no TLS connection comes about (${code}): is the port one for TLS?`];
}
