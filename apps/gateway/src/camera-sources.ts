import type { CameraConfig } from '@vedette/contract';
import type { Source } from './cameras/source.ts';
import { SourceError } from './cameras/source.ts';
import type { AddressGuard } from './net/guarded-lookup.ts';
import type { TlsTrust } from './sources/camera-socket.ts';
import { DemoSource } from './sources/demo/demo-source.ts';
import { ExecSource } from './sources/exec/exec-source.ts';
import { FetchedAddressSource } from './sources/fetched-address/fetched-address-source.ts';
import { FileSource } from './sources/file/file-source.ts';
import { HlsSource } from './sources/hls/hls-source.ts';
import { MjpegSource } from './sources/mjpeg/mjpeg-source.ts';
import { RpicamSource } from './sources/rpicam/rpicam-source.ts';
import { RtmpSource } from './sources/rtmp/rtmp-source.ts';
import { RtspSource } from './sources/rtsp/rtsp-source.ts';
import { SrtSource } from './sources/srt/srt-source.ts';
import { V4l2Source } from './sources/v4l2/v4l2-source.ts';
import { version } from './version.ts';
import type { MediaWorkers } from './workers/media/media-workers.ts';

/** What sources need of the rest of the program. */
export interface SourceParts {
  readonly media: MediaWorkers;
  /** Where the camera may be: default `networkGuard`. */
  readonly guard?: AddressGuard;
}

type SourceMaker = (
  address: string,
  id: string,
  camera: CameraConfig,
  parts: SourceParts,
) => Source | undefined;

const USER_AGENT = `Vedette/${version}`;

/** Which source an address means: the first row that fits. */
const MAKERS: readonly { readonly pattern: RegExp; readonly make: SourceMaker }[] = [
  { pattern: /^publish$/, make: () => undefined },
  { pattern: /^demo:$/, make: (_address, id, _camera, { media }) => new DemoSource(media, id) },
  { pattern: /^rtsp(?:s|\+https?|\+wss?)?:/i, make: rtspSource },
  { pattern: /^rtmps?:/i, make: rtmpSource },
  { pattern: /^srt:/i, make: (address, _id, _camera, { guard }) => new SrtSource({ address, guard }) },
  { pattern: /^file:/i, make: (address) => new FileSource(address) },
  { pattern: /^exec:/i, make: (address) => new ExecSource({ address }) },
  { pattern: /^v4l2:/i, make: (address) => new V4l2Source(address) },
  { pattern: /^rpicam:/i, make: (address) => new RpicamSource(address) },
  { pattern: /^(?:hls\+https?:|https?:\/\/[^?#]*\.m3u8(?:[?#]|$))/i, make: hlsSource },
  // Whatever HTTP is not HLS: below its row.
  { pattern: /^(?:m?jpeg\+)?https?:/i, make: mjpegSource },
];

/** The source that a camera's configuration asks for; `undefined` for one that publishers feed. */
export function createCameraSource(id: string, camera: CameraConfig, parts: SourceParts): Source | undefined {
  const { source: address, sourceFrom: from } = camera;
  if (from !== undefined) {
    const makeSource = (fetched: string): Source | undefined => sourceOf(fetched, id, camera, parts);
    return new FetchedAddressSource({ from, makeSource, tls: trustOf(camera, parts), userAgent: USER_AGENT });
  }
  return sourceOf(address, id, camera, parts);
}

function sourceOf(address: string, id: string, camera: CameraConfig, parts: SourceParts): Source | undefined {
  const maker = MAKERS.find(({ pattern }) => pattern.test(address));
  return maker === undefined ? unknownSource() : maker.make(address, id, camera, parts);
}

/** The source of the camera's own smaller stream; `undefined` where it has none. */
export function createSubSource(id: string, camera: CameraConfig, parts: SourceParts): Source | undefined {
  const address = camera.sources?.sub;
  return address === undefined ? undefined : sourceOf(address, id, camera, parts);
}

function rtspSource(address: string, _id: string, camera: CameraConfig, parts: SourceParts): Source {
  return new RtspSource({
    address,
    transport: camera.transport,
    tls: trustOf(camera, parts),
    userAgent: USER_AGENT,
  });
}

function rtmpSource(address: string, _id: string, camera: CameraConfig, parts: SourceParts): Source {
  return new RtmpSource({ address, tls: trustOf(camera, parts) });
}

function hlsSource(address: string, _id: string, camera: CameraConfig, parts: SourceParts): Source {
  return new HlsSource({ address, tls: trustOf(camera, parts), userAgent: USER_AGENT });
}

function mjpegSource(address: string, _id: string, camera: CameraConfig, parts: SourceParts): Source {
  return new MjpegSource({ address, tls: trustOf(camera, parts), userAgent: USER_AGENT });
}

function trustOf({ tlsFingerprint, tlsInsecure }: CameraConfig, { guard }: SourceParts): TlsTrust {
  return {
    isInsecure: tlsInsecure,
    guard,
    ...(tlsFingerprint === undefined ? {} : { fingerprint: tlsFingerprint }),
  };
}

/** The configuration takes no address that is not in the table; this is for one that slipped through. */
function unknownSource(): Source {
  return {
    run: () =>
      Promise.reject(
        new SourceError('ERR_SOURCE_SCHEME', 'this kind of address is not supported', { isPermanent: true }),
      ),
  };
}
