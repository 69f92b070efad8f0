import { hasMediaSource, hasNativeHls } from '../hls/hls-playback.ts';
import type { Capabilities } from './obstacles.ts';

type MediaSourceTest = Pick<typeof MediaSource, 'isTypeSupported'>;

/** Safari on phones has the managed kind only, which TypeScript does not know yet. */
interface MediaSources {
  readonly ManagedMediaSource?: MediaSourceTest;
  readonly MediaSource?: MediaSourceTest;
}

function mp4Test(): Capabilities['canPlayMp4'] {
  if (hasMediaSource()) {
    const { ManagedMediaSource, MediaSource } = globalThis as MediaSources;
    const source = ManagedMediaSource ?? MediaSource;
    return (codecString) => source?.isTypeSupported(`video/mp4; codecs="${codecString}"`) === true;
  }
  if (!hasNativeHls()) return null;
  const video = document.createElement('video');
  return (codecString) => video.canPlayType(`video/mp4; codecs="${codecString}"`) !== '';
}

let known: Capabilities | undefined;

/** What this browser can decode; asked once. */
export function browserCapabilities(): Capabilities {
  if (known !== undefined) return known;
  const codecs =
    'RTCRtpReceiver' in globalThis ? (RTCRtpReceiver.getCapabilities('video')?.codecs ?? []) : null;
  known = {
    webrtcVideo: codecs === null ? null : new Set(codecs.map(({ mimeType }) => mimeType.toLowerCase())),
    canPlayMp4: mp4Test(),
    hasMediaSource: hasMediaSource(),
  };
  return known;
}
