import { cameraConfig as cameraSchema, cameraId, type CameraConfig } from '@vedette/contract';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../observability/logger.ts';
import { Camera } from './camera.ts';
import type { CameraDirectory, PublishAnswer, PublishRequest } from './directory.ts';
import { RateMeter } from './rate-meter.ts';
import type { Source } from './source.ts';

const METER_INTERVAL_MS = 1000;
/** Cameras that publishers may bring into being where `cameras.autoCreate` is on. */
const MAX_AUTO_CREATED = 1000;

export interface CameraSetOptions {
  readonly logger: Logger;
  /** Makes the source that a configuration asks for; `undefined` for a publish camera. */
  readonly createSource: (id: string, config: CameraConfig) => Source | undefined;
  /** Makes the source of the camera's own smaller stream, where the configuration names one. */
  readonly createSub?: (id: string, config: CameraConfig) => Source | undefined;
  /** Told when what is known of a camera from before no longer holds. */
  readonly onChanged?: (id: string, change: 'removed' | 'reconfigured') => void;
}

/** What `cameras:` asks for. */
export interface DeclaredCameras {
  readonly autoCreate: boolean;
  readonly byId: Readonly<Record<string, CameraConfig>>;
}

interface Entry {
  readonly camera: Camera;
  readonly meter: RateMeter;
  readonly isAutoCreated: boolean;
}

type Refusal = Extract<PublishAnswer, { ok: false }>;

/** All cameras of this process. */
export class CameraSet implements CameraDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #logger: Logger;
  readonly #createSource: CameraSetOptions['createSource'];
  readonly #createSub: NonNullable<CameraSetOptions['createSub']>;
  readonly #onChanged: NonNullable<CameraSetOptions['onChanged']>;
  #declared: DeclaredCameras = { autoCreate: false, byId: {} };
  #timer: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor({ logger, createSource, createSub, onChanged }: CameraSetOptions) {
    this.#logger = logger;
    this.#createSource = createSource;
    this.#createSub = createSub ?? (() => undefined);
    this.#onChanged = onChanged ?? (() => undefined);
  }

  /**
   * Makes the cameras what `declared` says: new ones start, removed ones end, changed ones get their
   * new source while their viewers stay; the others are not touched. Calls are applied in order.
   */
  async apply(declared: DeclaredCameras): Promise<void> {
    const before = this.#applying;
    this.#applying = (async () => {
      await before;
      if (!this.#isClosed) await this.#apply(declared);
    })();
    await this.#applying;
  }

  find(id: string): Camera | undefined {
    return this.#entries.get(id)?.camera;
  }

  list(): Camera[] {
    return [...this.#entries.values()].map(({ camera }) => camera);
  }

  /** Measured bits and frames per second of a camera, over the last seconds. */
  rates(id: string): { bitrate: number; frameRate: number } {
    return this.#entries.get(id)?.meter.rates ?? { bitrate: 0, frameRate: 0 };
  }

  canPublish(id: string): { readonly ok: true } | Refusal {
    const camera = this.find(id);
    if (camera === undefined) {
      const isCreatable =
        this.#declared.autoCreate && cameraId.safeParse(id).success && this.#entries.size < MAX_AUTO_CREATED;
      return isCreatable
        ? { ok: true }
        : { ok: false, reason: 'unknown', message: `there is no camera "${id}" to publish to` };
    }
    if (!camera.isPublishable) {
      return {
        ok: false,
        reason: 'notPublish',
        message: `camera "${id}" has a source of its own; only "source: publish" takes publishers`,
      };
    }
    if (camera.hasPublisher && !camera.config.overridePublisher) {
      return {
        ok: false,
        reason: 'busy',
        message: `camera "${id}" has a publisher, and overridePublisher is off`,
      };
    }
    return { ok: true };
  }

  publish({ cameraId: id, ...request }: PublishRequest): PublishAnswer {
    const verdict = this.canPublish(id);
    if (!verdict.ok) return verdict;
    const camera = this.find(id) ?? this.#add(id, cameraSchema.parse({ source: 'publish' }), true);
    return { ok: true, feed: camera.publish(request) };
  }

  /** Ends every camera. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#applying;
    await Promise.all(this.list().map(async (camera) => camera.close('the gateway is shutting down')));
    this.#entries.clear();
  }

  async #apply(declared: DeclaredCameras): Promise<void> {
    this.#timer ??= setInterval(() => this.#sample(), METER_INTERVAL_MS).unref();
    this.#declared = declared;
    const work: Promise<void>[] = [];
    for (const [id, { camera, isAutoCreated }] of this.#entries) {
      const config = declared.byId[id];
      if (config === undefined) {
        if (isAutoCreated && declared.autoCreate) continue;
        this.#entries.delete(id);
        work.push(camera.close('the camera was removed'));
        this.#onChanged(id, 'removed');
      } else if (!isDeepStrictEqual(config, camera.config)) {
        work.push(camera.reconfigure(config, this.#createSource(id, config), this.#createSub(id, config)));
        this.#onChanged(id, 'reconfigured');
      }
    }
    for (const [id, config] of Object.entries(declared.byId)) {
      if (!this.#entries.has(id)) this.#add(id, config, false);
    }
    await Promise.all(work);
  }

  #add(id: string, config: CameraConfig, isAutoCreated: boolean): Camera {
    const source = this.#createSource(id, config);
    const sub = this.#createSub(id, config);
    const camera = new Camera({ id, config, source, sub, logger: this.#logger });
    this.#entries.set(id, { camera, meter: new RateMeter(), isAutoCreated });
    camera.start();
    return camera;
  }

  #sample(): void {
    const nowMs = performance.now();
    for (const { camera, meter } of this.#entries.values()) {
      if (camera.stream.isLive) meter.sample(camera.stream.counters, nowMs);
      else meter.reset();
    }
  }
}
