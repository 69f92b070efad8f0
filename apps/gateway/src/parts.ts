import type { Config } from '@vedette/contract';
import type { Administration } from './build-administration.ts';
import type { CameraSet } from './cameras/camera-set.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';
import type { HttpServer } from './servers/http/http-server.ts';
import type { Access } from './open-access.ts';
import type { PushSet } from './push/push-set.ts';
import type { MseServer } from './servers/mse/mse-server.ts';
import type { RtmpServer } from './servers/rtmp/rtmp-server.ts';
import type { RtspServer } from './servers/rtsp/rtsp-server.ts';
import type { SrtServer } from './servers/srt/srt-server.ts';
import type { SessionRegistry } from './sessions/session-registry.ts';
import type { HlsMuxers } from './sinks/hls/hls-muxers.ts';
import type { FanoutSinks } from './sinks/fanout.ts';
import type { RtspSinks } from './sinks/rtsp/rtsp-sinks.ts';
import type { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import type { FittedStreams } from './transcode/fitted-streams.ts';
import type { HardwareChoice } from './transcode/hardware-choice.ts';
import type { Snapshots } from './transcode/snapshots.ts';
import type { MediaWorkers } from './workers/media/media-workers.ts';

/** All parts, built and not started: nothing listens, nothing runs. */
export interface Parts {
  readonly config: Config;
  readonly logger: Logger;
  readonly access: Access;
  readonly administration: Administration;
  readonly media: MediaWorkers;
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  readonly metrics: Metrics;
  readonly snapshots: Snapshots;
  readonly hardware: HardwareChoice;
  readonly fitter: FittedStreams;
  /** Of the server and of pushes. */
  readonly rtspSinks: RtspSinks;
  readonly srtSinks: FanoutSinks;
  readonly pushes: PushSet;
  readonly rtsp: RtspServer | undefined;
  readonly rtmp: RtmpServer | undefined;
  readonly srt: SrtServer | undefined;
  readonly webrtc: WebrtcService | undefined;
  readonly hls: HlsMuxers | undefined;
  readonly mse: MseServer;
  readonly http: HttpServer;
}
