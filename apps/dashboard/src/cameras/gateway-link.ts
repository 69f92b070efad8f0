import type { QueryClient } from '@tanstack/react-query';
import { PAGE_TOKEN } from '../account/page-token.ts';
import { refreshAccount } from '../account/use-account.ts';
import { removePush, replacePushes, upsertPush } from '../pushes/use-pushes.ts';
import { players } from '../viewer/players.ts';
import type { EventSocket } from './event-socket.ts';
import { removeCamera, replaceCameras, upsertCamera } from './use-cameras.ts';

/** A restart behind a proxy takes a moment: shorter gaps are nobody's business. */
const LOST_AFTER_MS = 1000;
/** Whoever was turned away, and is somebody all the same, tries again after this: the gateway was too busy to tell. */
const TURNED_AWAY_MS = 2000;

export type LinkState = 'connecting' | 'connected' | 'lost';

/** The one event socket of the page: keeps the list of cameras fresh, and knows whether the gateway is there. */
export class GatewayLink {
  readonly #client: QueryClient;
  readonly #listeners = new Set<() => void>();
  #state: LinkState = 'connecting';
  #socket: Promise<EventSocket> | undefined;
  #token = PAGE_TOKEN;
  #isLent = false;
  #lostTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** @param token of a share link, from whom is nobody else here. */
  open(token?: string): void {
    if (token !== undefined) this.#token = token;
    this.#isLent = token !== undefined;
    void this.#connect();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #connect(): Promise<void> {
    try {
      this.#socket ??= this.#makeSocket();
      (await this.#socket).connect();
    } catch {
      // What it is made of did not arrive.
      this.#socket = undefined;
      this.#away();
      setTimeout(() => void this.#connect(), TURNED_AWAY_MS);
    }
  }

  /** What it takes is loaded when it is opened first: whoever has not logged in hears nothing, and needs none of it. */
  async #makeSocket(): Promise<EventSocket> {
    const { eventSocket } = await import('./event-socket.ts');
    const client = this.#client;
    const socket = eventSocket(() => this.#token);
    const away = (): void => {
      this.#away();
      // Ended or refused by the gateway: it does not try again by itself.
      if (!socket.active) void this.#turnedAway();
    };
    socket.on('connect', () => {
      const wasAway = this.#state === 'lost' || this.#lostTimer !== undefined;
      this.#set('connected');
      if (wasAway) players.retryAll();
    });
    socket.on('disconnect', away);
    socket.on('connect_error', away);
    socket.on('cameras', (cameras) => replaceCameras(client, cameras));
    socket.on('camera', (camera) => {
      // What may be done with it is told by the account alone.
      if (upsertCamera(client, camera) === 'new') void refreshAccount(client);
    });
    socket.on('camera_removed', ({ id }) => removeCamera(client, id));
    socket.on('pushes', (pushes) => replacePushes(client, pushes));
    socket.on('push', (push) => upsertPush(client, push));
    socket.on('push_removed', ({ cameraId, id }) => removePush(client, cameraId, id));
    return socket;
  }

  #away(): void {
    if (this.#state === 'lost') return;
    this.#lostTimer ??= setTimeout(() => this.#set('lost'), LOST_AFTER_MS);
  }

  /** The login may have ended: whoever is nobody any more is led to the login page by the shell. */
  async #turnedAway(): Promise<void> {
    // The page of the link finds out itself whether it is good still.
    if (this.#isLent) return;
    const account = await refreshAccount(this.#client);
    if (account !== null) setTimeout(() => void this.#connect(), TURNED_AWAY_MS);
  }

  #set(state: LinkState): void {
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
