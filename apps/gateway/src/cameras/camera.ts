import type { CameraConfig } from '@vedette/contract';
import type { Logger } from '../observability/logger.ts';
import { GopCache } from '../stream/gop-cache.ts';
import { Stream, type Feed } from '../stream/stream.ts';
import type { CameraState, CameraView, PublishRequest } from './directory.ts';
import type { Source } from './source.ts';
import { SourceRunner, type Damage } from './source-runner.ts';
import { SubStream } from './sub-stream.ts';

export interface CameraOptions {
  readonly id: string;
  readonly config: CameraConfig;
  /** How the camera is reached; `undefined` for one that publishers feed. */
  readonly source: Source | undefined;
  /** The camera's own smaller stream, where it has one. */
  readonly sub?: Source | undefined;
  readonly logger: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}

interface Publisher {
  readonly feed: Feed;
  readonly onRevoked: (reason: string) => void;
}

/** One camera: runs its source while it is wanted, tries again when it falls, and says how it is. */
export class Camera implements CameraView {
  readonly id: string;
  readonly stream: Stream;
  readonly damage: Damage = { lostPackets: 0, damagedPictures: 0 };
  #config: CameraConfig;
  #source: Source | undefined;
  #state: CameraState;
  readonly #runner: SourceRunner;
  #sub: SubStream | undefined;
  #publisher: Publisher | undefined;
  #isClosed = false;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor({ id, config, source, sub, logger, now = Date.now, random = Math.random }: CameraOptions) {
    this.id = id;
    this.#config = config;
    this.#source = source;
    this.#logger = logger.child({ camera: id });
    this.#now = now;
    this.#random = random;
    this.#state = { name: source === undefined ? 'waiting' : 'idle', sinceMs: now() };
    this.stream = new Stream({
      id,
      gopCache: new GopCache(),
      onDemand: (isWanted) => this.#demandChanged(isWanted),
      onReaderFault: (reader, error) => {
        this.#logger.error(
          { reader: reader.name, err: error },
          'a reader failed and was taken off the stream',
        );
      },
    });
    this.#runner = new SourceRunner({
      stream: this.stream,
      logger: this.#logger,
      now,
      random,
      damage: this.damage,
      onState: (state) => this.#setState(state),
    });
    this.#sub = this.#createSub(sub);
  }

  /** The camera's own smaller stream; ended and replaced when the camera is reconfigured. */
  get sub(): Stream | undefined {
    return this.#sub?.stream;
  }

  get config(): CameraConfig {
    return this.#config;
  }

  get state(): CameraState {
    return this.#state;
  }

  /** Begins; a camera made on demand waits for its first viewer. */
  start(): void {
    if (this.#source !== undefined && (!this.#config.onDemand || this.stream.isWanted)) {
      this.#runner.start(this.#source);
    }
  }

  /** Takes a configuration that differs in name, groups and zones alone: nothing is interrupted. */
  relabel(config: CameraConfig): void {
    this.#config = config;
  }

  /** Takes a changed configuration: the source is replaced, viewers stay. */
  async reconfigure(config: CameraConfig, source: Source | undefined, sub?: Source): Promise<void> {
    this.#revoke('the camera was reconfigured');
    await Promise.all([this.#runner.stop(), this.#sub?.close('the camera was reconfigured')]);
    if (this.#isClosed) return;
    this.#config = config;
    this.#source = source;
    this.#sub = this.#createSub(sub);
    this.#setState({ name: source === undefined ? 'waiting' : 'idle', sinceMs: this.#now() });
    this.start();
  }

  /** Ends the camera and its stream. Safe to call twice. */
  async close(reason: string): Promise<void> {
    this.#isClosed = true;
    this.#revoke(reason);
    this.stream.end(reason);
    await Promise.all([this.#runner.close(), this.#sub?.close(reason)]);
  }

  get hasPublisher(): boolean {
    return this.#publisher !== undefined;
  }

  get isPublishable(): boolean {
    return this.#source === undefined;
  }

  /** A publisher feeds the camera from now on; one that did so before is revoked. */
  publish({ tracks, onRevoked, onKeyFrameWanted }: Omit<PublishRequest, 'cameraId'>): Feed {
    this.#revoke('another publisher took over');
    const inner = this.stream.open(tracks, { onKeyFrameWanted });
    const publisher: Publisher = {
      onRevoked,
      feed: {
        write: (unit) => inner.write(unit),
        report: (track, pts, unixMs) => inner.report(track, pts, unixMs),
        close: () => {
          inner.close();
          if (this.#publisher !== publisher) return;
          this.#publisher = undefined;
          this.#setState({ name: 'waiting', sinceMs: this.#now() });
        },
      },
    };
    this.#publisher = publisher;
    this.#setState({ name: 'live', sinceMs: this.#now() });
    return publisher.feed;
  }

  #revoke(reason: string): void {
    const publisher = this.#publisher;
    if (publisher === undefined) return;
    publisher.feed.close();
    publisher.onRevoked(reason);
  }

  #demandChanged(isWanted: boolean): void {
    if (!this.#config.onDemand || this.#source === undefined || this.#isClosed) return;
    if (isWanted) this.#runner.start(this.#source);
    else this.#runner.linger();
  }

  #createSub(source: Source | undefined): SubStream | undefined {
    if (source === undefined) return undefined;
    const parts = { main: this.stream, logger: this.#logger, now: this.#now, random: this.#random };
    return new SubStream({ source, ...parts, damage: this.damage });
  }

  #setState(state: CameraState): void {
    const before = this.#state;
    this.#state = state;
    if (state.name === 'live') this.#sub?.look();
    if (state.name === 'offline') {
      const next =
        state.nextAttemptMs === undefined ? 'never' : Math.round((state.nextAttemptMs - this.#now()) / 1000);
      this.#logger.warn(
        { code: state.code, attempt: state.attempt, nextInS: next },
        `offline: ${state.reason}`,
      );
    } else if (state.name !== before.name) {
      this.#logger.info({ state: state.name }, `camera is ${state.name}`);
    }
  }
}
