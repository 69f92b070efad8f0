import { parsePlaylist, type InitSection, type MediaPlaylist } from '@vedette/protocols';
import { SourceError, type SourceContext } from '../../cameras/source.ts';
import { steadyClock } from '../../stream/stream.ts';
import type { HttpAddress } from '../http-address.ts';
import { resolveUri, type HlsClient } from './hls-client.ts';
import {
  endOf,
  isLowLatency,
  itemsFrom,
  startPosition,
  type PlaylistItem,
  type PlaylistPosition,
} from './playlist-items.ts';
import type { SegmentDemuxer } from './segment-demuxer.ts';
import { SegmentKeys } from './segment-keys.ts';

/** Bytes of one segment, and of one init section. */
const MAX_SEGMENT_BYTES = 96 * 1024 * 1024;
const MAX_INIT_BYTES = 4 * 1024 * 1024;
const MAX_PLAYLIST_BYTES = 4 * 1024 * 1024;
/** A playlist that brings nothing new for so many target durations has died. */
const STALE_TARGETS = 3;
const MIN_STALE_MS = 5000;
/** Segments in a row that the server has not, until it is given up. */
const MAX_MISSING = 3;
const MIN_RELOAD_MS = 200;

export interface RenditionOptions {
  readonly playlists: HlsClient;
  readonly media: HlsClient;
  readonly demuxer: SegmentDemuxer;
  readonly context: Pick<SourceContext, 'signal' | 'log' | 'count'>;
  /** Resolves when more may be fetched, given the playlist's target duration in milliseconds. */
  readonly room: (targetMs: number) => Promise<void>;
  /** Told once how far from the live end it begins, in milliseconds. */
  readonly onStart: (isLowLatency: boolean, playlist: MediaPlaylist) => void;
}

/** Plays one media playlist: fetches what it lists, in order, and keeps up with it. */
export class Rendition {
  readonly #options: RenditionOptions;
  readonly #keys: SegmentKeys;
  #address: HttpAddress;
  #position: PlaylistPosition | undefined;
  #hasParts = false;
  /** The init section that the demuxer has. */
  #map = '';
  #missing = 0;
  #newsMs = steadyClock();

  /** @param address of the playlist */
  constructor(address: HttpAddress, options: RenditionOptions) {
    this.#address = address;
    this.#options = options;
    this.#keys = new SegmentKeys(options.media);
  }

  /**
   * Plays until the playlist's end, or until the signal aborts.
   *
   * @param first the playlist, where it has been fetched
   * @throws {SourceError} `ERR_HLS_STALLED`, `ERR_HTTP_…` and others.
   * @throws {ProtocolError} the playlist or a segment is broken.
   */
  async play(first?: MediaPlaylist): Promise<void> {
    const { signal, log } = this.#options.context;
    let playlist = first ?? (await this.#load());
    this.#hasParts = isLowLatency(playlist);
    this.#options.onStart(this.#hasParts, playlist);
    log('playlist', {
      segments: playlist.segments.length,
      target: playlist.targetDuration,
      parts: this.#hasParts,
    });
    const isLeft = (): boolean => signal.aborted;
    while (!isLeft()) {
      const hasNews = await this.#take(playlist);
      const isOver = playlist.isEnded && this.#isAtEnd(playlist);
      if (isOver || isLeft()) break;
      this.#checkStale(playlist, hasNews);
      await this.#pauseBefore(playlist, hasNews);
      if (!isLeft()) playlist = await this.#load(playlist);
    }
    this.#options.demuxer.flush();
  }

  /** Fetches what is new. @returns whether anything was. */
  async #take(playlist: MediaPlaylist): Promise<boolean> {
    const { signal } = this.#options.context;
    const items = itemsFrom(playlist, this.#place(playlist), this.#hasParts);
    for (const item of items) {
      await this.#options.room(playlist.targetDuration * 1000);
      if (signal.aborted) break;
      await this.#fetch(item);
      this.#position = item.next;
      this.#newsMs = steadyClock();
    }
    return items.length > 0;
  }

  /** Where to go on: anew near the end where what was to come next is gone, or the server began anew. */
  #place(playlist: MediaPlaylist): PlaylistPosition {
    const position = this.#position;
    const end = endOf(playlist, this.#hasParts);
    const isKnown =
      position !== undefined && position.msn >= playlist.mediaSequence && position.msn <= end.msn + 1;
    if (isKnown) return position;
    if (position !== undefined) {
      this.#options.context.log('skipped to the live end', { from: position.msn, to: end.msn });
      this.#options.demuxer.announceDiscontinuity();
    }
    this.#position = startPosition(playlist, this.#hasParts);
    return this.#position;
  }

  #isAtEnd(playlist: MediaPlaylist): boolean {
    return (this.#position?.msn ?? 0) >= endOf(playlist, false).msn;
  }

  async #fetch(item: PlaylistItem): Promise<void> {
    const { media, demuxer, context } = this.#options;
    if (item.isDiscontinuity) demuxer.announceDiscontinuity();
    if (item.isGap) return;
    try {
      if (item.map !== undefined) await this.#fetchMap(item.map, item);
      const { bytes } = await media.get(resolveUri(this.#address, item.uri), MAX_SEGMENT_BYTES, item.range);
      const clear = await this.#keys.decrypt(bytes, item.key, item.msn, this.#address);
      if (item.isPart) demuxer.part(clear);
      else demuxer.segment(clear);
      this.#missing = 0;
    } catch (error) {
      // It may be gone already, or not be there yet: the next one may be.
      const isMissing = error instanceof SourceError && error.code === 'ERR_HTTP_NOT_FOUND';
      this.#missing += 1;
      if (!isMissing || this.#missing >= MAX_MISSING) throw error;
      context.log('a segment is missing', { msn: item.msn });
      context.count('damagedPictures', 1);
      demuxer.announceDiscontinuity();
    }
  }

  /** The init section, where another one than the last is in force. A whole one is encrypted like its segment. */
  async #fetchMap(map: InitSection, item: PlaylistItem): Promise<void> {
    const name = `${map.uri} ${map.byteRange?.offset ?? 0} ${map.byteRange?.length ?? ''}`;
    if (name === this.#map && !item.isDiscontinuity) return;
    const range = map.byteRange && { offset: map.byteRange.offset ?? 0, length: map.byteRange.length };
    const { bytes } = await this.#options.media.get(
      resolveUri(this.#address, map.uri),
      MAX_INIT_BYTES,
      range,
    );
    const key = item.key?.iv === undefined ? undefined : item.key;
    this.#options.demuxer.init(await this.#keys.decrypt(bytes, key, item.msn, this.#address));
    this.#map = name;
  }

  async #load(before?: MediaPlaylist): Promise<MediaPlaylist> {
    const address = before === undefined || !this.#hasParts ? this.#address : this.#blockingAddress(before);
    const { bytes, address: from } = await this.#options.playlists.get(address, MAX_PLAYLIST_BYTES);
    if (before === undefined) this.#address = from;
    const playlist = parsePlaylist(bytes);
    if (playlist.kind === 'media') return playlist;
    throw new SourceError('ERR_HLS_PLAYLIST', 'a playlist of playlists names another one of its kind');
  }

  /** Asks the server to answer when there is more than the last time (RFC 8216bis §6.2.5.2). */
  #blockingAddress(before: MediaPlaylist): HttpAddress {
    const { msn, part } = endOf(before, true);
    const { target } = this.#address;
    const directives = `_HLS_msn=${msn}&_HLS_part=${part}`;
    return { ...this.#address, target: `${target}${target.includes('?') ? '&' : '?'}${directives}` };
  }

  #checkStale({ targetDuration, isEnded }: MediaPlaylist, hasNews: boolean): void {
    if (hasNews || isEnded) return;
    const staleMs = Math.max(MIN_STALE_MS, STALE_TARGETS * targetDuration * 1000);
    if (steadyClock() - this.#newsMs <= staleMs) return;
    throw new SourceError(
      'ERR_HLS_STALLED',
      `the playlist has not grown for ${Math.round(staleMs / 1000)} s`,
    );
  }

  /** A target duration after news, half of one where there were none (RFC 8216 §6.3.4); blocking requests wait by themselves. */
  async #pauseBefore({ targetDuration, partTarget }: MediaPlaylist, hasNews: boolean): Promise<void> {
    if (this.#hasParts && hasNews) return;
    const seconds = this.#hasParts ? (partTarget ?? 1) : targetDuration / (hasNews ? 1 : 2);
    await pause(Math.max(MIN_RELOAD_MS, seconds * 1000), this.#options.context.signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const wake = (): void => resolve(undefined);
  const timer = setTimeout(wake, ms);
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
}
