import { SourceError, type Source } from '../cameras/source.ts';
import type { TlsTrust } from '../sources/camera-socket.ts';
import { ExecSource } from '../sources/exec/exec-source.ts';
import { HlsSource } from '../sources/hls/hls-source.ts';
import { MjpegSource } from '../sources/mjpeg/mjpeg-source.ts';
import { RpicamSource } from '../sources/rpicam/rpicam-source.ts';
import { RtmpSource } from '../sources/rtmp/rtmp-source.ts';
import type { RtspLower, SessionFacts } from '../sources/rtsp/rtsp-pull.ts';
import { RtspSource } from '../sources/rtsp/rtsp-source.ts';
import { SrtSource } from '../sources/srt/srt-source.ts';
import { V4l2Source } from '../sources/v4l2/v4l2-source.ts';
import { version } from '../version.ts';

/** What is known of how a source is reached. */
export interface ProbeFacts {
  readonly transport: SessionFacts['transport'] | 'http' | 'program';
  /** What the camera calls itself. */
  readonly server: string | undefined;
  readonly skipped: SessionFacts['skipped'];
}

export interface ProbedSourceOptions {
  readonly transport: 'auto' | RtspLower;
  readonly tls: TlsTrust;
  /** Told once, before the first unit. */
  readonly onFacts: (facts: ProbeFacts) => void;
}

const USER_AGENT = `Vedette/${version}`;

/**
 * The source of an address that can be looked at.
 *
 * @throws {SourceError} `ERR_SOURCE_SCHEME`: it cannot.
 */
export function probedSource(address: string, { transport, tls, onFacts }: ProbedSourceOptions): Source {
  if (/^rtsp(?:s|\+https?|\+wss?)?:/i.test(address)) {
    return new RtspSource({ address, transport, tls, userAgent: USER_AGENT, onSession: onFacts });
  }
  const plain = { server: undefined, skipped: [] };
  const guard = tls.guard;
  if (/^rtmps?:/i.test(address)) {
    onFacts({ ...plain, transport: /^rtmps:/i.test(address) ? 'tls' : 'tcp' });
    return new RtmpSource({ address, tls });
  }
  if (/^srt:/i.test(address)) {
    onFacts({ ...plain, transport: 'udp' });
    return new SrtSource({ address, guard });
  }
  if (/^(?:hls\+https?:|https?:\/\/[^?#]*\.m3u8(?:[?#]|$))/i.test(address)) {
    onFacts({ ...plain, transport: 'http' });
    return new HlsSource({ address, tls, userAgent: USER_AGENT });
  }
  if (/^(?:m?jpeg\+)?https?:/i.test(address)) {
    onFacts({ ...plain, transport: 'http' });
    return new MjpegSource({ address, tls, userAgent: USER_AGENT });
  }
  onFacts({ ...plain, transport: 'program' });
  if (/^exec:/i.test(address)) return new ExecSource({ address });
  if (/^v4l2:/i.test(address)) return new V4l2Source(address);
  if (/^rpicam:/i.test(address)) return new RpicamSource(address);
  throw new SourceError('ERR_SOURCE_SCHEME', 'this kind of address cannot be looked at', {
    isPermanent: true,
  });
}
