import type { Camera as CameraJson, ServerToClientEvents } from '@vedette/contract';
import type { Server as NodeHttpServer } from 'node:http';
import { Server } from 'socket.io';
import { isAllowedHost, isAllowedOrigin } from '../servers/http/origin-guard.ts';

const INTERVAL_MS = 1000;
/** Measured rates alone are worth a message only this often. */
const RATES_EVERY = 5;
const MAX_MESSAGE_BYTES = 64 * 1024;

export interface LiveEventsOptions {
  readonly server: NodeHttpServer;
  readonly allowedOrigins: readonly string[];
  readonly cameras: () => CameraJson[];
}

/** Tells every open dashboard what changes: one socket each, no polling. */
export class LiveEvents {
  readonly #io: Server<Record<string, never>, ServerToClientEvents>;
  readonly #cameras: () => CameraJson[];
  #timer: NodeJS.Timeout | undefined;
  /** What was last told, by camera: without and with measured rates. */
  #told = new Map<string, { plain: string; full: string }>();
  #round = 0;

  constructor({ server, allowedOrigins, cameras }: LiveEventsOptions) {
    this.#cameras = cameras;
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      allowRequest: ({ headers: { origin, host } }, decide) => {
        const isAllowed =
          isAllowedHost(host) && (origin === undefined || isAllowedOrigin(origin, host, allowedOrigins));
        decide(null, isAllowed);
      },
    });
    this.#io.on('connection', (socket) => socket.emit('cameras', this.#cameras()));
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
      this.#told.clear();
      return;
    }
    this.#round += 1;
    const told = new Map<string, { plain: string; full: string }>();
    for (const camera of this.#cameras()) {
      const plain = JSON.stringify({ ...camera, bitrate: 0, frameRate: 0, lastPictureAt: null });
      const full = JSON.stringify(camera);
      const before = this.#told.get(camera.id);
      const hasChanged = before?.plain !== plain;
      const isNews = hasChanged || (this.#round % RATES_EVERY === 0 && before.full !== full);
      told.set(camera.id, isNews ? { plain, full } : before);
      if (isNews) this.#io.emit('camera', camera);
    }
    for (const id of this.#told.keys()) {
      if (!told.has(id)) this.#io.emit('camera_removed', { id });
    }
    this.#told = told;
  }
}
