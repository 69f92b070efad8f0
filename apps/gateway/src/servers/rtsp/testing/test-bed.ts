import { cameraConfig } from '@vedette/contract';
import type { AccessUnit, Track } from '@vedette/media';
import { OPEN_DOOR } from '../../../access/door.ts';
import { CameraSet } from '../../../cameras/camera-set.ts';
import { silentLogger, type Logger } from '../../../observability/logger.ts';
import { SessionRegistry, type SessionRecord } from '../../../sessions/session-registry.ts';
import { RtspSinks, type RtspSinksOptions } from '../../../sinks/rtsp/rtsp-sinks.ts';
import { RtspPublisher } from '../../../sources/publish-rtsp/rtsp-publisher.ts';
import type { Feed } from '../../../stream/stream.ts';
import { RtspServer, type RtspServerOptions } from '../rtsp-server.ts';

export interface TestBedOptions {
  readonly server?: Partial<RtspServerOptions>;
  readonly sinks?: RtspSinksOptions;
  readonly silenceMs?: number;
  readonly overridePublisher?: boolean;
}

export interface LogEntry {
  readonly level: string;
  readonly message: string;
}

/** The RTSP side of a gateway on free ports of 127.0.0.1, with the publish camera `gate`. */
export class TestBed {
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  readonly sinks: RtspSinks;
  readonly server: RtspServer;
  /** What the server logged. */
  readonly log: LogEntry[] = [];
  readonly started: SessionRecord[] = [];
  readonly ended: { readonly session: SessionRecord; readonly reason: string }[] = [];
  port = 0;
  tlsPort = 0;

  private constructor(options: TestBedOptions) {
    const { log } = this;
    const line =
      (level: string) =>
      (_details: object, message: string): void =>
        void log.push({ level, message });
    const logger: Logger = {
      debug: () => undefined,
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: () => logger,
    };
    this.cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
    this.sessions = new SessionRegistry({
      started: (session) => this.started.push(session),
      ended: (session, reason) => this.ended.push({ session, reason }),
    });
    this.sinks = new RtspSinks(options.sinks);
    const { cameras, sinks } = this;
    const silence = options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs };
    this.server = new RtspServer({
      door: OPEN_DOOR,
      host: '127.0.0.1',
      port: 0,
      cameras,
      sessions: this.sessions,
      logger,
      openViewer: (stream, onEnd) => sinks.open(stream, onEnd),
      openPublisher: (id, sdp, onEnd) => new RtspPublisher(id, sdp, onEnd, { cameras, logger, ...silence }),
      ...options.server,
    });
  }

  static async start(options: TestBedOptions = {}): Promise<TestBed> {
    const bed = new TestBed(options);
    const { overridePublisher = true } = options;
    const gate = cameraConfig.parse({ source: 'publish', overridePublisher });
    await bed.cameras.apply({ autoCreate: false, byId: { gate, yard: gate } });
    const { port, tlsPort = 0 } = await bed.server.listen();
    bed.port = port;
    bed.tlsPort = tlsPort;
    return bed;
  }

  /** Makes a camera live; the test writes its units. */
  feed(tracks: readonly Track[], cameraId = 'gate'): Feed {
    const answer = this.cameras.publish({ cameraId, tracks, onRevoked: () => undefined });
    if (!answer.ok) throw new Error(answer.message);
    return answer.feed;
  }

  /** Writes `units` at `speed` times the pace of their times. */
  async write(feed: Feed, units: readonly AccessUnit[], speed: number): Promise<void> {
    const msOf = ({ dts, track }: AccessUnit): number => (dts * 1000) / track.clockRate;
    const startMs = performance.now();
    const [first] = units;
    const firstMs = first === undefined ? 0 : msOf(first);
    for (const unit of units) {
      const waitMs = (msOf(unit) - firstMs) / speed - (performance.now() - startMs);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      feed.write({ ...unit });
    }
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.cameras.close();
  }
}
