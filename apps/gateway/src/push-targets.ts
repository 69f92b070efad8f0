import type { PushRoute } from './push/push-set.ts';
import { PushError, type PushTarget } from './push/push-target.ts';
import { RTMP_PUSH_CARRIAGE } from './sinks/rtmp/rtmp-format.ts';
import { RtmpPush } from './sinks/rtmp/rtmp-push.ts';
import { RTSP_CARRIAGE } from './sinks/rtsp/rtsp-carriage.ts';
import { RtspPush } from './sinks/rtsp/rtsp-push.ts';
import type { FanoutSinks } from './sinks/fanout.ts';
import type { RtspSinks } from './sinks/rtsp/rtsp-sinks.ts';
import { SRT_CARRIAGE } from './sinks/srt/srt-carriage.ts';
import { SrtPush } from './sinks/srt/srt-push.ts';
import type { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { WHIP_CARRIAGE } from './sinks/webrtc/whip-carriage.ts';
import { WhipPush } from './sinks/webrtc/whip-push.ts';
import { version } from './version.ts';

/** What ways to destinations need of the rest of the program. */
export interface PushParts {
  /** Shared with the viewers: a stream is put into packets once. */
  readonly rtspSinks: RtspSinks;
  readonly srtSinks: FanoutSinks;
  /** `undefined` where WebRTC is off. */
  readonly webrtc: WebrtcService | undefined;
}

const USER_AGENT = `Vedette/${version}`;

/** Which way an address means: the first row that fits. */
const ROUTES: readonly {
  readonly pattern: RegExp;
  readonly route: (address: string, parts: PushParts) => PushRoute;
}[] = [
  { pattern: /^rtsps?:/i, route: rtspRoute },
  { pattern: /^rtmps?:/i, route: rtmpRoute },
  { pattern: /^srt:/i, route: srtRoute },
  { pattern: /^whip\+https?:/i, route: whipRoute },
];

/** The way to a push's destination. */
export function pushRoute(address: string, parts: PushParts): PushRoute {
  return ROUTES.find(({ pattern }) => pattern.test(address))?.route(address, parts) ?? UNKNOWN;
}

function rtspRoute(address: string, { rtspSinks }: PushParts): PushRoute {
  return {
    target: new RtspPush({ address, sinks: rtspSinks, userAgent: USER_AGENT }),
    carriage: RTSP_CARRIAGE,
  };
}

function srtRoute(address: string, { srtSinks }: PushParts): PushRoute {
  return { target: new SrtPush(address, srtSinks), carriage: SRT_CARRIAGE };
}

function rtmpRoute(address: string): PushRoute {
  return { target: new RtmpPush({ address }), carriage: RTMP_PUSH_CARRIAGE };
}

function whipRoute(address: string, { webrtc }: PushParts): PushRoute {
  const target = webrtc === undefined ? WEBRTC_OFF : new WhipPush({ address, webrtc, userAgent: USER_AGENT });
  return { target, carriage: WHIP_CARRIAGE };
}

const WEBRTC_OFF = refusing(new PushError('ERR_WEBRTC_OFF', 'WebRTC is off', { isPermanent: true }));

/** The configuration takes no address that is not in the table; this is for one that slipped through. */
const UNKNOWN: PushRoute = {
  target: refusing(
    new PushError('ERR_PUSH_SCHEME', 'this kind of address is not supported', { isPermanent: true }),
  ),
  carriage: RTSP_CARRIAGE,
};

function refusing(error: PushError): PushTarget {
  return { run: () => Promise.reject(error) };
}
