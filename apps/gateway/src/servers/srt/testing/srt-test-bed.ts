import type { TestContext } from 'node:test';
import { cameraConfig, type CameraConfig } from '@vedette/contract';
import { isNalTrack, type AccessUnit, type Track } from '@vedette/media';
import { OPEN_DOOR } from '../../../access/door.ts';
import { CameraSet } from '../../../cameras/camera-set.ts';
import type { Source } from '../../../cameras/source.ts';
import { silentLogger, type Logger } from '../../../observability/logger.ts';
import { SessionRegistry, type SessionRecord } from '../../../sessions/session-registry.ts';
import type { FanoutSinks } from '../../../sinks/fanout.ts';
import { SrtOutlet } from '../../../sinks/srt/srt-outlet.ts';
import { createSrtSinks } from '../../../sinks/srt/srt-sinks.ts';
import { TsPublisher } from '../../../sources/publish-srt/ts-publisher.ts';
import type { Reader } from '../../../stream/reader.ts';
import { SrtServer, type SrtServerOptions } from '../srt-server.ts';

export interface SrtTestBedOptions {
  readonly server?: Partial<SrtServerOptions>;
  readonly silenceMs?: number;
  readonly overridePublisher?: boolean;
  /** A camera `pulled` with this source. */
  readonly pulled?: Source;
}

export interface LogEntry {
  readonly level: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The SRT side of a gateway on a free port of 127.0.0.1, with the publish cameras `gate` and `yard`. */
export class SrtTestBed {
  readonly cameras: CameraSet;
  readonly sessions: SessionRegistry;
  readonly sinks: FanoutSinks = createSrtSinks();
  readonly server: SrtServer;
  readonly log: LogEntry[] = [];
  readonly ended: { readonly session: SessionRecord; readonly reason: string }[] = [];
  readonly #options: SrtTestBedOptions;
  port = 0;

  private constructor(options: SrtTestBedOptions) {
    this.#options = options;
    const line =
      (level: string) =>
      (details: object, message: string): void =>
        void this.log.push({ level, message, details: { ...details } });
    const logger: Logger = {
      debug: () => undefined,
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: () => logger,
    };
    this.cameras = new CameraSet({
      logger: silentLogger,
      createSource: (id) => (id === 'pulled' ? options.pulled : undefined),
    });
    this.sessions = new SessionRegistry({
      started: () => undefined,
      ended: (session, reason) => this.ended.push({ session, reason }),
    });
    const { cameras, sinks } = this;
    const silence = options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs };
    this.server = new SrtServer({
      door: OPEN_DOOR,
      host: '127.0.0.1',
      port: 0,
      latencyMs: 120,
      passphrase: undefined,
      keyLength: 16,
      cameras,
      sessions: this.sessions,
      logger,
      fit: (stream) => stream,
      openViewer: (stream, link, onEnd) => sinks.open(stream, new SrtOutlet(link), onEnd),
      openPublisher: (id, onEnd) => new TsPublisher(id, onEnd, { cameras, logger, ...silence }),
      ...options.server,
    });
  }

  /** Closed after the test. */
  static async start(
    context: Pick<TestContext, 'after'>,
    options: SrtTestBedOptions = {},
  ): Promise<SrtTestBed> {
    const bed = new SrtTestBed(options);
    context.after(() => bed.close());
    await bed.apply();
    bed.port = await bed.server.listen();
    return bed;
  }

  /** The cameras, without those that are named. */
  async apply(...without: string[]): Promise<void> {
    const { overridePublisher = true, pulled } = this.#options;
    const gate = cameraConfig.parse({ source: 'publish', overridePublisher });
    const all: Record<string, CameraConfig> = { gate, yard: gate };
    if (pulled !== undefined) all['pulled'] = cameraConfig.parse({ source: 'srt://127.0.0.1:1' });
    const byId = Object.fromEntries(Object.entries(all).filter(([id]) => !without.includes(id)));
    await this.cameras.apply({ autoCreate: false, byId });
  }

  /** An address for callers; `port` where they come through a relay. */
  url(streamId: string, parameters = '', port = this.port): string {
    return `srt://127.0.0.1:${port}?streamid=${streamId}${parameters}`;
  }

  isLive(cameraId = 'gate'): boolean {
    return this.cameras.find(cameraId)?.stream.isLive === true;
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

const START_CODE = Uint8Array.of(0, 0, 0, 1);

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

  /** The pictures, to be decoded. */
  annexB(): Buffer {
    const pictures = this.units.filter(({ track }) => isNalTrack(track));
    return Buffer.concat(pictures.flatMap(({ data }) => data.flatMap((nal) => [START_CODE, nal])));
  }
}
