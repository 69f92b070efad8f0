import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { CameraSet } from '../cameras/camera-set.ts';
import type { Push } from '../push/push.ts';
import type { SessionObserver, SessionRegistry } from '../sessions/session-registry.ts';

/** What a supervisor of child processes says of one of them. */
export interface WorkerReport {
  /** `media`, `webrtc`. */
  readonly kind: string;
  readonly running: number;
  readonly starts: number;
  readonly crashes: number;
}

/** What low-latency HLS costs now. */
export interface HlsReport {
  readonly muxers: number;
  readonly bytes: number;
  readonly waits: number;
}

/** What SRT's connections have seen so far. */
export interface SrtReport {
  readonly connections: number;
  readonly refused: number;
  readonly retransmitted: number;
  readonly recovered: number;
  readonly lostIn: number;
  readonly lostOut: number;
  readonly duplicates: number;
  readonly belated: number;
}

/** What is made of streams now. */
export interface TranscodeReport {
  readonly derived: number;
  /** Left out so far, since encoder or decoder could not keep up. */
  readonly skippedPictures: number;
  /** FFmpeg's name of the encoder in use; `undefined` before the first picture. */
  readonly encoder: string | undefined;
}

/** What is known of the database. */
export interface StoreReport {
  readonly isUp: boolean;
  /** Entries of the audit log that wait to be written. */
  readonly waitingAudit: number;
}

export interface MetricsOptions {
  readonly cameras: CameraSet;
  readonly sessions: () => SessionRegistry;
  readonly workers: () => readonly WorkerReport[];
  readonly hls: () => HlsReport | undefined;
  readonly transcode?: () => TranscodeReport;
  readonly srt: () => SrtReport | undefined;
  readonly pushes: () => readonly Push[];
  readonly store: () => StoreReport;
}

/** Lag of the event loop is looked at so often; each look wakes a process that may have nothing else to do. */
const LOOP_PRECISION_MS = 50;

/** Metrics in Prometheus' text form; everything is read when scraped, nothing on the media path. */
export class Metrics implements SessionObserver {
  readonly #registry = new Registry();
  readonly #started: Counter<'protocol' | 'kind'>;
  readonly #sentBytes: Counter<'protocol' | 'kind'>;
  readonly #droppedUnits: Counter<'protocol' | 'kind'>;

  constructor(options: MetricsOptions) {
    const registers = [this.#registry];
    collectDefaultMetrics({
      register: this.#registry,
      prefix: 'vedette_',
      eventLoopMonitoringPrecision: LOOP_PRECISION_MS,
    });
    this.#started = new Counter({
      name: 'vedette_sessions_total',
      help: 'Sessions that have started',
      labelNames: ['protocol', 'kind'],
      registers,
    });
    this.#sentBytes = new Counter({
      name: 'vedette_ended_session_bytes_total',
      help: 'Media bytes of sessions that have ended',
      labelNames: ['protocol', 'kind'],
      registers,
    });
    this.#droppedUnits = new Counter({
      name: 'vedette_ended_session_dropped_units_total',
      help: 'Units that slow peers of ended sessions lost',
      labelNames: ['protocol', 'kind'],
      registers,
    });
    this.#registerCameras(options.cameras);
    this.#registerSessions(options.sessions);
    this.#registerWorkers(options.workers);
    this.#registerHls(options.hls);
    if (options.transcode !== undefined) this.#registerTranscode(options.transcode);
    this.#registerSrt(options.srt);
    this.#registerPushes(options.pushes);
    this.#registerStore(options.store);
  }

  started({ protocol, kind }: Parameters<SessionObserver['started']>[0]): void {
    this.#started.inc({ protocol, kind });
  }

  ended({ protocol, kind, owner }: Parameters<SessionObserver['started']>[0]): void {
    const { bytes, dropped } = owner.totals();
    this.#sentBytes.inc({ protocol, kind }, bytes);
    this.#droppedUnits.inc({ protocol, kind }, dropped);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect: (gauge: Gauge<Label>) => void,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }

  #registerCameras(cameras: CameraSet): void {
    const perCamera = (
      name: string,
      help: string,
      read: (camera: ReturnType<CameraSet['list']>[number]) => number,
    ): void => {
      this.#gauge(name, help, ['camera'], (gauge) => {
        for (const camera of cameras.list()) gauge.set({ camera: camera.id }, read(camera));
      });
    };
    perCamera('vedette_stream_live', '1 while a source feeds the camera', ({ stream }) =>
      stream.isLive ? 1 : 0,
    );
    perCamera(
      'vedette_stream_bytes_total',
      'Media bytes taken from the source',
      ({ stream }) => stream.counters.bytes,
    );
    perCamera(
      'vedette_stream_pictures_total',
      'Pictures taken from the source',
      ({ stream }) => stream.counters.videoUnits,
    );
    perCamera(
      'vedette_stream_lost_packets_total',
      'Packets lost on the way in',
      ({ damage }) => damage.lostPackets,
    );
    perCamera(
      'vedette_stream_damaged_pictures_total',
      'Pictures dropped because of that',
      ({ damage }) => damage.damagedPictures,
    );
    perCamera('vedette_stream_readers', 'Sinks attached', ({ stream }) => stream.readerCount);
    perCamera('vedette_stream_gop_cache_bytes', 'Bytes in the GOP cache', ({ stream }) => stream.cachedBytes);
  }

  #registerSessions(sessions: () => SessionRegistry): void {
    const sum = (
      name: string,
      help: string,
      read: (session: ReturnType<SessionRegistry['list']>[number]) => number,
    ): void => {
      this.#gauge(name, help, ['protocol', 'kind', 'camera'], (gauge) => {
        for (const session of sessions().list()) {
          gauge.inc(
            { protocol: session.protocol, kind: session.kind, camera: session.cameraId },
            read(session),
          );
        }
      });
    };
    sum('vedette_sessions', 'Sessions now', () => 1);
    sum('vedette_session_bytes', 'Media bytes of the present sessions', ({ owner }) => owner.totals().bytes);
    sum(
      'vedette_session_dropped_units',
      'Units that slow peers of the present sessions lost',
      ({ owner }) => owner.totals().dropped,
    );
    sum(
      'vedette_session_queued_bytes',
      'Bytes that wait for peers',
      ({ owner }) => owner.totals().queuedBytes,
    );
  }

  #registerWorkers(workers: () => readonly WorkerReport[]): void {
    const each = (name: string, help: string, read: (worker: WorkerReport) => number): void => {
      this.#gauge(name, help, ['worker'], (gauge) => {
        for (const worker of workers()) gauge.set({ worker: worker.kind }, read(worker));
      });
    };
    each('vedette_workers', 'Worker processes running', ({ running }) => running);
    each('vedette_worker_starts_total', 'Worker processes started', ({ starts }) => starts);
    each('vedette_worker_crashes_total', 'Worker processes that died unasked', ({ crashes }) => crashes);
  }

  #registerSrt(srt: () => SrtReport | undefined): void {
    const one = (name: string, help: string, read: (report: SrtReport) => number): void => {
      this.#gauge(name, help, [], (gauge) => {
        const report = srt();
        if (report !== undefined) gauge.set(read(report));
      });
    };
    one('vedette_srt_connections', 'SRT connections now', ({ connections }) => connections);
    one('vedette_srt_refused_total', 'SRT callers refused', ({ refused }) => refused);
    one('vedette_srt_retransmitted_total', 'Packets sent again', ({ retransmitted }) => retransmitted);
    one('vedette_srt_recovered_total', 'Packets missing that came in time', ({ recovered }) => recovered);
    one('vedette_srt_lost_in_total', 'Packets given up on the way in', ({ lostIn }) => lostIn);
    one('vedette_srt_lost_out_total', 'Packets given up on the way out', ({ lostOut }) => lostOut);
    one('vedette_srt_duplicates_total', 'Packets that came twice', ({ duplicates }) => duplicates);
    one('vedette_srt_belated_total', 'Packets that came too late', ({ belated }) => belated);
  }

  #registerHls(hls: () => HlsReport | undefined): void {
    const one = (name: string, help: string, read: (report: HlsReport) => number): void => {
      this.#gauge(name, help, [], (gauge) => {
        const report = hls();
        if (report !== undefined) gauge.set(read(report));
      });
    };
    one('vedette_hls_streams', 'Streams that are cut for HLS', ({ muxers }) => muxers);
    one('vedette_hls_bytes', 'Media bytes held for HLS', ({ bytes }) => bytes);
    one('vedette_hls_waiting_requests', 'Requests that wait for a part or a playlist', ({ waits }) => waits);
  }

  #registerTranscode(report: () => TranscodeReport): void {
    this.#gauge('vedette_transcode_streams', 'Streams that are made of others now', [], (gauge) =>
      gauge.set(report().derived),
    );
    this.#gauge('vedette_transcode_skipped_total', 'Pictures left out: too slow', [], (gauge) =>
      gauge.set(report().skippedPictures),
    );
    this.#gauge('vedette_transcode_encoder', '1 for the encoder in use', ['encoder'], (gauge) => {
      const { encoder } = report();
      if (encoder !== undefined) gauge.set({ encoder }, 1);
    });
  }

  #registerStore(store: () => StoreReport): void {
    this.#gauge('vedette_store_up', '1 while the database answers', [], (gauge) =>
      gauge.set(store().isUp ? 1 : 0),
    );
    this.#gauge('vedette_audit_waiting', 'Entries of the audit log that wait to be written', [], (gauge) =>
      gauge.set(store().waitingAudit),
    );
  }

  #registerPushes(pushes: () => readonly Push[]): void {
    const each = (name: string, help: string, read: (push: Push) => number): void => {
      this.#gauge(name, help, ['camera', 'push'], (gauge) => {
        for (const push of pushes()) gauge.set({ camera: push.cameraId, push: push.id }, read(push));
      });
    };
    each('vedette_push_live', '1 while the destination takes media', ({ state }) =>
      state.name === 'live' ? 1 : 0,
    );
    each('vedette_push_failed', '1 while it is down, or given up', ({ state }) =>
      state.name === 'failed' ? 1 : 0,
    );
    each('vedette_push_attempts_total', 'Attempts to reach the destination', ({ attempts }) => attempts);
    each('vedette_push_bytes_total', 'Media bytes sent', ({ totals }) => totals.bytes);
    each(
      'vedette_push_dropped_units_total',
      'Units that slow destinations lost',
      ({ totals }) => totals.dropped,
    );
    each(
      'vedette_push_queued_bytes',
      'Bytes that wait for the destination',
      ({ totals }) => totals.queuedBytes,
    );
  }
}
