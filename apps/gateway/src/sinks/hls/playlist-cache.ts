import { deltaUpdate, serializeMediaPlaylist } from '@vedette/protocols';
import { gzipSync } from 'node:zlib';
import { buildPlaylist, type PlaylistKind, type PlaylistState } from './build-playlist.ts';

/** A playlist ready to be sent, shared by everyone who asks for this version. */
export interface PlaylistBody {
  readonly text: Buffer;
  readonly gzip: Buffer;
  /** Names this version; without quotes. */
  readonly etag: string;
}

class LazyBody implements PlaylistBody {
  readonly text: Buffer;
  readonly etag: string;
  #gzip: Buffer | undefined;

  constructor(text: string, etag: string) {
    this.text = Buffer.from(text);
    this.etag = etag;
  }

  /** Compressed when first wanted, once. */
  get gzip(): Buffer {
    this.#gzip ??= gzipSync(this.text);
    return this.#gzip;
  }
}

/** Writes and compresses each version of a playlist at most once, and only if somebody asks for it. */
export class PlaylistCache {
  readonly #bodies = new Map<string, PlaylistBody | undefined>();
  #version = 0;

  /** The stream went on: what is cached is history. */
  invalidate(): void {
    this.#bodies.clear();
    this.#version += 1;
  }

  /** @returns `undefined` while there is nothing to play. */
  get(kind: PlaylistKind, isDelta: boolean, state: PlaylistState): PlaylistBody | undefined {
    const key = isDelta ? `${kind}-delta` : kind;
    if (!this.#bodies.has(key)) this.#bodies.set(key, this.#write(kind, isDelta, state, key));
    return this.#bodies.get(key);
  }

  #write(kind: PlaylistKind, isDelta: boolean, state: PlaylistState, key: string): PlaylistBody | undefined {
    const playlist = buildPlaylist(kind, state);
    if (playlist === undefined) return undefined;
    const text = serializeMediaPlaylist(isDelta ? deltaUpdate(playlist) : playlist);
    return new LazyBody(text, `${state.run}-${this.#version}-${key}`);
  }
}
