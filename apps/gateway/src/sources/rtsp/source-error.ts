import { ProtocolError } from '@vedette/media';
import { SourceError } from '../../cameras/source.ts';

/** Faults that only a new configuration can mend; trying a password again and again locks users out. */
const PERMANENT: ReadonlySet<string> = new Set([
  'ERR_RTSP_UNAUTHORIZED',
  'ERR_RTSP_AUTH_UNSUPPORTED',
  'ERR_RTSP_URL',
]);

/** The error as whoever runs the source takes it; what is none of the camera's doing passes unchanged. */
export function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, error.message, { cause: error, isPermanent: PERMANENT.has(error.code) });
}
