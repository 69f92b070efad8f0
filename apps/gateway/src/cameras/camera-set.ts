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
  readonly createSource: (id: string, config: CameraConfig, managedBy: ManagedBy) => Source | undefined;
  /** Makes the source of the camera's own smaller stream, where the configuration names one. */
  readonly createSub?: (id: string, config: CameraConfig, managedBy: ManagedBy) => Source | undefined;
  /** Told when what is known of a camera from before no longer holds. */
  readonly onChanged?: (id: string, change: 'removed' | 'reconfigured') => void;
}

/** Where a camera is declared: in the file, by the API, or nowhere: whoever publishes to it has made it. */
export type ManagedBy = 'file' | 'api' | 'publisher';

/** What `cameras:` asks for. */
export interface DeclaredCameras {
  readonly autoCreate: boolean;
  readonly byId: Readonly<Record<string, CameraConfig>>;
}

interface Entry {
  readonly camera: Camera;
  readonly meter: RateMeter;
  managedBy: ManagedBy;
}

interface Wanted {
  readonly config: CameraConfig;
  readonly managedBy: ManagedBy;
}

/** A camera that publishers bring into being. */
const PUBLISHED: Wanted = { config: cameraSchema.parse({ source: 'publish' }), managedBy: 'publisher' };

type Refusal = Extract<PublishAnswer, { ok: false }>;

/** All cameras of this process. */
export class CameraSet implements CameraDirectory {
  readonly #entries = new Map<string, Entry>();
  readonly #logger: Logger;
  readonly #createSource: CameraSetOptions['createSource'];
  readonly #createSub: NonNullable<CameraSetOptions['createSub']>;
  readonly #onChanged: NonNullable<CameraSetOptions['onChanged']>;
  #declared: DeclaredCameras = { autoCreate: false, byId: {} };
  /** Those of the API. */
  #stored: DeclaredCameras['byId'] = {};
  /** Of the API, and not there because the file has one of that name. */
  #shadowed: ReadonlySet<string> = new Set();
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
    await this.#inTurn(() => (this.#declared = declared));
  }

  /** As {@link apply}, for the cameras made by the API, which stand beside the declared ones; of two of one name the declared one counts. */
  async applyStored(byId: DeclaredCameras['byId']): Promise<void> {
    await this.#inTurn(() => (this.#stored = byId));
  }

  find(id: string): Camera | undefined {
    return this.#entries.get(id)?.camera;
  }

  /** Where a camera is declared; `undefined`: there is none of this name. */
  managedBy(id: string): ManagedBy | undefined {
    return this.#entries.get(id)?.managedBy;
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
    const camera = this.find(id) ?? this.#add(id, PUBLISHED);
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

  async #inTurn(change: () => void): Promise<void> {
    const before = this.#applying;
    this.#applying = (async () => {
      await before;
      if (this.#isClosed) return;
      change();
      await this.#apply(this.#wanted());
    })();
    await this.#applying;
  }

  /** What the file and the API ask for together. */
  #wanted(): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    for (const [id, config] of Object.entries(this.#stored)) wanted.set(id, { config, managedBy: 'api' });
    const shadowed = new Set<string>();
    for (const [id, config] of Object.entries(this.#declared.byId)) {
      if (wanted.has(id)) shadowed.add(id);
      wanted.set(id, { config, managedBy: 'file' });
    }
    for (const id of shadowed) {
      if (this.#shadowed.has(id)) continue;
      this.#logger.warn(
        { camera: id },
        'the file has a camera of this name: the one made by the API is left out',
      );
    }
    this.#shadowed = shadowed;
    return wanted;
  }

  async #apply(all: ReadonlyMap<string, Wanted>): Promise<void> {
    this.#timer ??= setInterval(() => this.#sample(), METER_INTERVAL_MS).unref();
    const work: Promise<void>[] = [];
    for (const [id, entry] of this.#entries) {
      const wanted = all.get(id);
      if (wanted === undefined) {
        if (entry.managedBy === 'publisher' && this.#declared.autoCreate) continue;
        this.#entries.delete(id);
        work.push(entry.camera.close('the camera was removed'));
        this.#onChanged(id, 'removed');
      } else {
        work.push(this.#change(id, entry, wanted));
      }
    }
    for (const [id, wanted] of all) {
      if (!this.#entries.has(id)) this.#add(id, wanted);
    }
    await Promise.all(work);
  }

  async #change(id: string, entry: Entry, { config, managedBy }: Wanted): Promise<void> {
    const { camera } = entry;
    // What the API enters is connected to under stricter rules: the source is another one.
    const isMoved = (entry.managedBy === 'api') !== (managedBy === 'api');
    entry.managedBy = managedBy;
    if (!isMoved && isDeepStrictEqual(unlabelled(config), unlabelled(camera.config))) {
      camera.relabel(config);
      return;
    }
    this.#onChanged(id, 'reconfigured');
    const source = this.#createSource(id, config, managedBy);
    await camera.reconfigure(config, source, this.#createSub(id, config, managedBy));
  }

  #add(id: string, { config, managedBy }: Wanted): Camera {
    const source = this.#createSource(id, config, managedBy);
    const sub = this.#createSub(id, config, managedBy);
    const camera = new Camera({ id, config, source, sub, logger: this.#logger });
    this.#entries.set(id, { camera, meter: new RateMeter(), managedBy });
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

/** What the source and the viewers depend on: all but what is for people and permissions. */
function unlabelled(config: CameraConfig): CameraConfig {
  return { ...config, name: undefined, groups: [], zones: [] };
}
