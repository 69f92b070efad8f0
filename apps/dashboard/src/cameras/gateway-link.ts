import type { QueryClient } from '@tanstack/react-query';
import type { ServerToClientEvents } from '@vedette/contract';
import { io, type Socket } from 'socket.io-client';
import { PAGE_TOKEN } from '../account/page-token.ts';
import { refreshAccount } from '../account/use-account.ts';
import { removePush, replacePushes, upsertPush } from '../pushes/use-pushes.ts';
import { players } from '../viewer/players.ts';
import { removeCamera, replaceCameras, upsertCamera } from './use-cameras.ts';

/** A restart behind a proxy takes a moment: shorter gaps are nobody's business. */
const LOST_AFTER_MS = 1000;
/** Whoever was turned away, and is somebody all the same, tries again after this: the gateway was too busy to tell. */
const TURNED_AWAY_MS = 2000;

export type LinkState = 'connecting' | 'connected' | 'lost';

/** The one event socket of the page: keeps the list of cameras fresh, and knows whether the gateway is there. */
export class GatewayLink {
  readonly #client: QueryClient;
  readonly #socket: Socket<ServerToClientEvents>;
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'connecting';
  #isLent = false;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: QueryClient) {
    const socket: Socket<ServerToClientEvents> = io({
      autoConnect: false,
      auth: PAGE_TOKEN === undefined ? {} : { token: PAGE_TOKEN },
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 2000,
    });
    this.#client = client;
    this.#socket = socket;
    socket.on('connect', () => {
      const wasAway = this.#state === 'lost' || this.#lostTimer !== undefined;
      this.#set('connected');
      if (wasAway) players.retryAll();
    });
    socket.on('disconnect', () => this.#away());
    socket.on('connect_error', () => this.#away());
    socket.on('cameras', (cameras) => replaceCameras(client, cameras));
    socket.on('camera', (camera) => {
      // What may be done with it is told by the account alone.
      if (upsertCamera(client, camera) === 'new') void refreshAccount(client);
    });
    socket.on('camera_removed', ({ id }) => removeCamera(client, id));
    socket.on('pushes', (pushes) => replacePushes(client, pushes));
    socket.on('push', (push) => upsertPush(client, push));
    socket.on('push_removed', ({ cameraId, id }) => removePush(client, cameraId, id));
  }

  get state(): LinkState {
    return this.#state;
  }

  /** @param token of a share link, from whom is nobody else here. */
  open(token?: string): void {
    if (token !== undefined) this.#socket.auth = { token };
    this.#isLent = token !== undefined;
    this.#socket.connect();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #away(): void {
    // Ended or refused by the gateway: it does not try again by itself.
    if (!this.#socket.active) void this.#turnedAway();
    if (this.#state === 'lost') return;
    this.#lostTimer ??= setTimeout(() => this.#set('lost'), LOST_AFTER_MS);
  }

  /** The login may have ended: whoever is nobody any more is led to the login page by the shell. */
  async #turnedAway(): Promise<void> {
    // The page of the link finds out itself whether it is good still.
    if (this.#isLent) return;
    const account = await refreshAccount(this.#client);
    if (account !== null) setTimeout(() => this.#socket.connect(), TURNED_AWAY_MS);
  }

  #set(state: LinkState): void {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
