import { SourceError } from '../../cameras/source.ts';

const DEFAULT_FRAMES_PER_SECOND = 2;
const MAX_FRAMES_PER_SECOND = 30;

/** What an address of a camera of JPEGs asks for. */
export interface MjpegAddress {
  /** `auto`: what the camera's answer shows it to be. */
  readonly kind: 'mjpeg' | 'jpeg' | 'auto';
  /** As the camera is asked. */
  readonly url: string;
  /** How often a single JPEG is asked for. */
  readonly framesPerSecond: number;
}

/**
 * Parses `mjpeg+http://…`, `jpeg+http://…?fps=2` and `http://…`. `fps` is ours in the second one only, and not
 * sent to the camera.
 *
 * @throws {SourceError} `ERR_HTTP_URL`: `fps` is not 1 to 30.
 */
export function parseMjpegAddress(address: string): MjpegAddress {
  const [, prefix, url = ''] = /^(?:(mjpeg|jpeg)\+)?(.*)$/is.exec(address) ?? [];
  if (prefix?.toLowerCase() !== 'jpeg') {
    return { kind: prefix === undefined ? 'auto' : 'mjpeg', url, framesPerSecond: DEFAULT_FRAMES_PER_SECOND };
  }
  const [, , value] = /[?&](fps=([^&#]*))/.exec(url) ?? [];
  const framesPerSecond = value === undefined ? DEFAULT_FRAMES_PER_SECOND : Number(value);
  if (!(framesPerSecond >= 1 && framesPerSecond <= MAX_FRAMES_PER_SECOND)) {
    throw new SourceError('ERR_HTTP_URL', `fps has to be 1 to ${MAX_FRAMES_PER_SECOND}`, {
      isPermanent: true,
    });
  }
  const asked = url.replace(/([?&])fps=[^&#]*(&?)/, (_, before: string, after: string) =>
    after === '' ? '' : before,
  );
  return { kind: 'jpeg', url: asked, framesPerSecond };
}
