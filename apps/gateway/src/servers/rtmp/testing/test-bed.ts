import { cameraConfig } from '@vedette/contract';
import type { AccessUnit, Track } from '@vedette/media';
import { OPEN_DOOR } from '../../../access/door.ts';
import { CameraSet } from '../../../cameras/camera-set.ts';
import { silentLogger, type Logger } from '../../../observability/logger.ts';
import { SessionRegistry, type SessionRecord } from '../../../sessions/session-registry.ts';
import type { FanoutOptions } from '../../../sinks/fanout.ts';
import { RtmpSinks } from '../../../sinks/rtmp/rtmp-format.ts';
import { RtmpPublisher } from '../../../sources/publish-rtmp/rtmp-publisher.ts';
import type { Reader } from '../../../stream/reader.ts';
import type { Feed } from '../../../stream/stream.ts';
import { RtmpServer, type RtmpServerOptions } from '../rtmp-server.ts';

export interface TestBedOptions {
  readonly server?: Partial<RtmpServerOptions>;
  readonly sinks?: Pick<FanoutOptions, 'bounds' | 'clock'>;
  readonly silenceMs?: number;
  readonly overridePublisher?: boolean;
}

/** The RTMP side of a gateway on free ports of 127.0.0.1, with the publish cameras `gate` and `yard`. */
export class TestBed {
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  readonly sinks: RtmpSinks;
  readonly server: RtmpServer;
  /** What the server logged. */
  readonly log: { readonly level: string; readonly message: string }[] = [];
  readonly started: SessionRecord[] = [];
  readonly ended: { readonly session: SessionRecord; readonly reason: string }[] = [];
  port = 0;
  tlsPort = 0;

  private constructor({ server, sinks, silenceMs }: TestBedOptions) {
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
    this.sinks = new RtmpSinks(sinks);
    const { cameras } = this;
    this.server = new RtmpServer({
      door: OPEN_DOOR,
      host: '127.0.0.1',
      port: 0,
      cameras,
      sessions: this.sessions,
      logger,
      fit: (stream) => stream,
      openViewer: (stream, codecs, outlet, onEnd) => this.sinks.open(stream, codecs, outlet, onEnd),
      openPublisher: (id, onEnd) =>
        new RtmpPublisher(id, onEnd, { cameras, ...(silenceMs === undefined ? {} : { silenceMs }) }),
      ...server,
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

  /** `rtmp://127.0.0.1:PORT/live/…` */
  url(name = 'gate'): string {
    return `rtmp://127.0.0.1:${this.port}/live/${name}`;
  }

  /** Makes a camera live; the test writes its units. */
  feed(tracks: readonly Track[], cameraId = 'gate'): Feed {
    const answer = this.cameras.publish({ cameraId, tracks, onRevoked: () => undefined });
    if (!answer.ok) throw new Error(answer.message);
    return answer.feed;
  }

  record(cameraId = 'gate'): Recorder {
    const recorder = new Recorder();
    this.cameras.find(cameraId)?.stream.addReader(recorder);
    return recorder;
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.cameras.close();
  }
}

/** Keeps everything that a camera's readers are given. */
export class Recorder implements Reader {
  readonly name = 'test';
  readonly units: AccessUnit[] = [];
  tracks: readonly Track[] = [];

  onTracks(tracks: readonly Track[]): void {
    this.tracks = tracks;
  }

  onUnit(unit: AccessUnit): void {
    this.units.push(unit);
  }

  onEnd(): void {
    // the test looks at what came
  }

  of(kind: 'video' | 'audio'): AccessUnit[] {
    return this.units.filter(({ track }) => track.kind === kind);
  }

  /** The pictures as decoders take them. */
  annexB(): Buffer {
    const startCode = Uint8Array.of(0, 0, 0, 1);
    return Buffer.concat(this.of('video').flatMap(({ data }) => data.flatMap((nal) => [startCode, nal])));
  }
}

/** Writes `units` at the pace of their times. @returns when all are written. */
export async function writeInTime(feed: Feed, units: readonly AccessUnit[]): Promise<void> {
  const msOf = ({ dts, track }: AccessUnit): number => (dts * 1000) / track.clockRate;
  const startMs = performance.now();
  const [first] = units;
  const firstMs = first === undefined ? 0 : msOf(first);
  for (const unit of units) {
    const waitMs = msOf(unit) - firstMs - (performance.now() - startMs);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    feed.write({ ...unit });
  }
}
