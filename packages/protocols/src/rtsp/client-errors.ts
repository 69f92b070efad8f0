import { ProtocolError, type ErrorCode } from '@vedette/media';

import type { ChallengeOutcome } from './client-authenticator.ts';
import type { RtspResponse } from './rtsp-message.ts';

const BY_STATUS: Readonly<Record<number, readonly [code: ErrorCode, sentence: string]>> = {
  401: ['ERR_RTSP_UNAUTHORIZED', 'the camera refused the user name or password'],
  403: ['ERR_RTSP_FORBIDDEN', 'the camera does not let this user see the stream'],
  404: ['ERR_RTSP_NOT_FOUND', 'the camera has no stream at this path: check the address'],
  453: ['ERR_RTSP_BUSY', 'the camera has no room for another viewer'],
  454: ['ERR_RTSP_SESSION_LOST', 'the camera has forgotten this session'],
  461: ['ERR_RTSP_TRANSPORT_REFUSED', 'the camera refused this transport: try the other of tcp and udp'],
  503: ['ERR_RTSP_BUSY', 'the camera is busy: it may have too many viewers'],
};

/** The error that a refusing answer means; a camera's own words are shortened and made printable. */
export function responseError(method: string, { status, reason }: RtspResponse): ProtocolError {
  const [code, sentence] = BY_STATUS[status] ?? ['ERR_RTSP_STATUS', 'the camera refused the request'];
  const words = reason.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
  return new ProtocolError(code, `${sentence} (${method}: ${status} ${words})`);
}

/** The error of a 401 that cannot be answered. */
export function challengeError(outcome: Exclude<ChallengeOutcome, 'retry'>): ProtocolError {
  switch (outcome) {
    case 'noCredentials':
      return new ProtocolError('ERR_RTSP_UNAUTHORIZED', 'the camera asks for a user name and password');
    case 'wrongCredentials':
      return new ProtocolError('ERR_RTSP_UNAUTHORIZED', 'the camera refused the user name or password');
    case 'unsupported':
      return new ProtocolError(
        'ERR_RTSP_AUTH_UNSUPPORTED',
        'the camera asks for an authentication other than Basic or Digest (MD5, SHA-256)',
      );
  }
}
