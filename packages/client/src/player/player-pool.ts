import type { Camera } from '@vedette/contract';
import { CameraPlayer, type CameraPlayerOptions } from './camera-player.ts';

/** Long enough for a page to be built, or for the next view to take the player over. */
const LINGER_MS = 5000;
/** Between two views of one page; a tile that is really gone should not decode on. */
const HANDOVER_MS = 300;

interface Entry {
  readonly player: CameraPlayer;
  holders: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * One player per camera for a whole page, so that going from one view to another takes the playing
 * video along instead of connecting again, and a stream can be asked for before there is a view.
 */
export class PlayerPool {
  readonly #entries = new Map<string, Entry>();
  readonly #options: (cameraId: string) => Omit<CameraPlayerOptions, 'cameraId'>;

  /** @param options of a new player, by camera. */
  constructor(options: (cameraId: string) => Omit<CameraPlayerOptions, 'cameraId'> = () => ({})) {
    this.#options = options;
  }

  /**
   * Starts a player that nobody holds yet; it goes away if nobody takes it within five seconds.
   *
   * @param camera what is known of it (`null`: there is none of this id), so that nothing hopeless is begun.
   */
  warm(cameraId: string, camera?: Camera | null): CameraPlayer {
    const entry = this.#entry(cameraId, camera);
    if (entry.holders === 0) this.#expire(cameraId, entry, LINGER_MS);
    return entry.player;
  }

  /** Takes the camera's player, started; give it back with `release`. */
  acquire(cameraId: string): CameraPlayer {
    const entry = this.#entry(cameraId);
    entry.holders += 1;
    clearTimeout(entry.timer);
    return entry.player;
  }

  release(cameraId: string): void {
    const entry = this.#entries.get(cameraId);
    if (entry === undefined) return;
    entry.holders -= 1;
    if (entry.holders === 0) this.#expire(cameraId, entry, HANDOVER_MS);
  }

  /** The gateway is back: whoever waits need not. */
  retryAll(): void {
    for (const { player } of this.#entries.values()) player.retry();
  }

  /** Sound is for one camera at a time: mutes all but `cameraId`. */
  muteOthers(cameraId: string): void {
    for (const [id, { player }] of this.#entries) if (id !== cameraId) player.setMuted(true);
  }

  destroy(): void {
    for (const { player, timer } of this.#entries.values()) {
      clearTimeout(timer);
      player.destroy();
    }
    this.#entries.clear();
  }

  #entry(cameraId: string, camera?: Camera | null): Entry {
    let entry = this.#entries.get(cameraId);
    if (entry === undefined) {
      entry = {
        player: new CameraPlayer({ cameraId, ...this.#options(cameraId) }),
        holders: 0,
        timer: undefined,
      };
      this.#entries.set(cameraId, entry);
      if (camera !== undefined) entry.player.update(camera);
      entry.player.start();
    }
    return entry;
  }

  #expire(cameraId: string, entry: Entry, afterMs: number): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      this.#entries.delete(cameraId);
      entry.player.destroy();
    }, afterMs);
  }
}
