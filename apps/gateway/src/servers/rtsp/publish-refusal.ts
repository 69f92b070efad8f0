import { rtspResponse, type RtspRequest, type RtspResponse } from '@vedette/protocols';
import type { RecordAnswer } from './ports.ts';
import { withReason } from './rtsp-session.ts';

const STATUS = { unknown: 404, notPublish: 403, busy: 503 } as const;

/** What a publisher hears that may not feed a camera: the reason stands in the status line, where encoders show it. */
export function refusePublish(
  request: RtspRequest,
  refusal: Extract<RecordAnswer, { ok: false }>,
): RtspResponse {
  return withReason(rtspResponse(request, STATUS[refusal.reason]), refusal.message);
}
