import type { CameraView } from '../../cameras/directory.ts';
import { cameraAway } from '../http/camera-away.ts';
import { HttpProblem } from '../http/problems.ts';
import type { HlsRefusal } from './hls-output.ts';

const SOON = { headers: { 'retry-after': '1' } };

/** The answer to a viewer who can't be given what was asked for. */
export function refusal(reason: HlsRefusal, camera: CameraView): HttpProblem {
  switch (reason) {
    case 'notYet':
      return camera.stream.isLive
        ? new HttpProblem(
            503,
            'ERR_HLS_NOT_YET',
            'Not there yet',
            'The camera sends nothing; try again.',
            SOON,
          )
        : cameraAway(camera);
    case 'busy':
      return tooManyRequests('Too many requests wait for this camera.');
    case 'tooFarAhead':
      return badDirective('The playlist will not get there soon: _HLS_msn or _HLS_part is too large.');
    case 'gone':
      return new HttpProblem(404, 'ERR_HLS_GONE', 'Gone', 'It is not held any more; reload the playlist.');
    case 'ended':
      return new HttpProblem(404, 'ERR_HLS_ENDED', 'Ended', 'The camera was removed.');
    case 'aborted':
      return sessionNotFound(camera.id);
    case 'unplayable':
      return new HttpProblem(
        406,
        'ERR_HLS_UNPLAYABLE',
        'Not playable',
        'Browsers play none of the tracks that the camera sends; set it to H.264, H.265, AAC or Opus.',
      );
  }
}

export function noSuchQuality(detail: string): HttpProblem {
  return new HttpProblem(404, 'ERR_QUALITY_UNKNOWN', 'No such quality', detail);
}

export function sessionNotFound(cameraId: string): HttpProblem {
  const detail = `This viewing session is over; start again at /live/${cameraId}/index.m3u8.`;
  return new HttpProblem(404, 'ERR_HLS_SESSION', 'Session over', detail);
}

export function tooManyRequests(detail: string): HttpProblem {
  return new HttpProblem(429, 'ERR_TOO_MANY_REQUESTS', 'Too many requests', detail, SOON);
}

export function badDirective(detail: string): HttpProblem {
  return new HttpProblem(400, 'ERR_HLS_DIRECTIVE', 'Bad delivery directive', detail);
}
