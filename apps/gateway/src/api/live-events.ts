import type { Camera as CameraJson, Push as PushJson, ServerToClientEvents } from '@vedette/contract';
import type { Server as NodeHttpServer } from 'node:http';
import { Server } from 'socket.io';
import { ChangeFeed } from './change-feed.ts';
import { isAllowedHost, isAllowedOrigin } from '../servers/http/origin-guard.ts';

const INTERVAL_MS = 1000;
const MAX_MESSAGE_BYTES = 64 * 1024;

export interface LiveEventsOptions {
  readonly server: NodeHttpServer;
  readonly allowedOrigins: readonly string[];
  readonly cameras: () => CameraJson[];
  readonly pushes: () => PushJson[];
}

/** Tells every open dashboard what changes: one socket each, no polling. */
export class LiveEvents {
  readonly #io: Server<Record<string, never>, ServerToClientEvents>;
  readonly #cameras: () => CameraJson[];
  readonly #pushes: () => PushJson[];
  readonly #cameraFeed = new ChangeFeed<CameraJson>({
    key: ({ id }) => id,
    plain: (camera) => ({ ...camera, bitrate: 0, frameRate: 0, lastPictureAt: null }),
  });
  readonly #pushFeed = new ChangeFeed<PushJson>({
    key: ({ cameraId, id }) => `${cameraId}/${id}`,
    plain: (push) => ({ ...push, bytes: 0, dropped: 0, queuedBytes: 0 }),
  });
  #timer: NodeJS.Timeout | undefined;

  constructor({ server, allowedOrigins, cameras, pushes }: LiveEventsOptions) {
    this.#cameras = cameras;
    this.#pushes = pushes;
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      allowRequest: ({ headers: { origin, host } }, decide) => {
        const isAllowed =
          isAllowedHost(host) && (origin === undefined || isAllowedOrigin(origin, host, allowedOrigins));
        decide(null, isAllowed);
      },
    });
    this.#io.on('connection', (socket) => {
      socket.emit('cameras', this.#cameras());
      socket.emit('pushes', this.#pushes());
    });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tell(), INTERVAL_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#io.close();
  }

  #tell(): void {
    if (this.#io.engine.clientsCount === 0) {
      this.#cameraFeed.clear();
      this.#pushFeed.clear();
      return;
    }
    const cameras = this.#cameraFeed.look(this.#cameras());
    for (const camera of cameras.changed) this.#io.emit('camera', camera);
    for (const { id } of cameras.removed) this.#io.emit('camera_removed', { id });
    const pushes = this.#pushFeed.look(this.#pushes());
    for (const push of pushes.changed) this.#io.emit('push', push);
    for (const { cameraId, id } of pushes.removed) this.#io.emit('push_removed', { cameraId, id });
  }
}
