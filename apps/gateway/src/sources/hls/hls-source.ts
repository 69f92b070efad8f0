import { ProtocolError } from '@vedette/media';
import {
  parsePlaylist,
  type MediaPlaylist,
  type MultivariantPlaylist,
  type Variant,
} from '@vedette/protocols';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { steadyClock } from '../../stream/stream.ts';
import type { TlsTrust } from '../camera-socket.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';
import { parseHttpAddress, type HttpAddress } from '../http-address.ts';
import { UnitPacer } from '../unit-pacer.ts';
import { HlsClient, resolveUri } from './hls-client.ts';
import { Rendition } from './rendition.ts';
import { RenditionJoin } from './rendition-join.ts';
import { SegmentDemuxer } from './segment-demuxer.ts';

const MAX_PLAYLIST_BYTES = 4 * 1024 * 1024;
/** Media that is fetched ahead of its time, in target durations, and the least. */
const AHEAD_TARGETS = 4;
const MIN_AHEAD_MS = 10_000;
/** RFC 6381 names of what can be carried on: variants of nothing else are not taken. */
const PLAYABLE = /^(?:avc[13]|hvc1|hev1|av01|vp09|mp4a|opus)/i;

export interface HlsSourceOptions {
  /** `https://host/index.m3u8`, or with `hls+` in front. */
  readonly address: string;
  readonly tls?: TlsTrust;
  readonly userAgent: string;
}

/** What there is to play: a playlist of media, and one of sound where that is apart. */
interface Selection {
  readonly main: HttpAddress;
  /** The main playlist where it was fetched already. */
  readonly playlist: MediaPlaylist | undefined;
  readonly audio: HttpAddress | undefined;
}

/** A stream that somebody serves as HLS: live, an event, or a recording, which then plays at its pace. */
export class HlsSource implements Source {
  readonly #options: HlsSourceOptions;

  constructor(options: HlsSourceOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    const { tls = {}, userAgent } = this.#options;
    const address = parseHttpAddress(this.#options.address.replace(/^hls\+/i, ''));
    // Whichever playlist fails ends the others.
    const failed = new AbortController();
    const signal = AbortSignal.any([context.signal, failed.signal]);
    const clients: HlsClient[] = [];
    const connect = (): HlsClient => {
      const client = new HlsClient({ address, tls, userAgent, signal });
      clients.push(client);
      return client;
    };
    const playing = new Playing({ ...context, signal }, connect);
    try {
      const selection = await select(connect(), address, context);
      await playing.run(selection, (error) => failed.abort(error));
    } catch (error) {
      if (!context.signal.aborted) throw toSourceError(error);
    } finally {
      playing.close();
      for (const client of clients) client.close();
    }
  }
}

/** One presentation that is played: its playlists, joined, and given out in time. */
class Playing {
  readonly #context: SourceContext;
  readonly #connect: () => HlsClient;
  readonly #feed: DemuxedFeed;
  readonly #pacer: UnitPacer;
  readonly #join: RenditionJoin;

  constructor(context: SourceContext, connect: () => HlsClient) {
    this.#context = context;
    this.#connect = connect;
    this.#feed = new DemuxedFeed((tracks) => context.open(tracks));
    this.#pacer = new UnitPacer({ write: (unit) => this.#feed.onUnit(unit), clock: steadyClock });
    this.#join = new RenditionJoin({
      onTracks: (tracks) => this.#feed.onTracks(tracks),
      onUnit: (unit) => this.#pacer.push(unit),
    });
  }

  /** Plays all playlists to their end. The first fault of the main one is the outcome. */
  async run({ main, playlist, audio }: Selection, fail: (error: unknown) => void): Promise<void> {
    const runs = [this.#play(main, playlist, false)];
    if (audio !== undefined) runs.push(this.#play(audio, undefined, true));
    const outcomes = await Promise.allSettled(
      runs.map(async (run) =>
        run.catch((error: unknown) => {
          fail(error);
          throw error;
        }),
      ),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await this.#pacer.drained(this.#context.signal);
    if (!this.#feed.isOpen && !this.#context.signal.aborted) {
      throw new SourceError('ERR_SOURCE_NO_TRACKS', 'the stream ended before there was anything to play');
    }
  }

  close(): void {
    this.#pacer.close();
    this.#feed.close();
  }

  async #play(address: HttpAddress, playlist: MediaPlaylist | undefined, isSound: boolean): Promise<void> {
    const { context } = { context: this.#context };
    const member = this.#join.add(() => demuxer.originTicks);
    const demuxer = new SegmentDemuxer(member.output, context);
    const rendition = new Rendition(address, {
      playlists: this.#connect(),
      media: this.#connect(),
      demuxer,
      context,
      room: async (targetMs) =>
        this.#pacer.room(Math.max(MIN_AHEAD_MS, AHEAD_TARGETS * targetMs), context.signal),
      onStart: (isLowLatency, { targetDuration, partTarget = 1, isEnded }) => {
        if (isEnded || isSound) return;
        // Live media comes by whole segments or parts: that much more than usual is too much.
        const usualMs = (isLowLatency ? 3 * partTarget : 3 * targetDuration) * 1000;
        this.#pacer.catchUp(1.5 * usualMs + 500, usualMs);
      },
    });
    try {
      await rendition.play(playlist);
    } catch (error) {
      if (!isSound || !(error instanceof SourceError) || error.code !== 'ERR_HLS_SEGMENT') throw error;
      // Pictures without sound are better than nothing.
      context.log('the sound is left out', { reason: error.message });
      member.leave();
    }
  }
}

/** Fetches the first playlist and, where it lists variants, takes the best that can be played. */
async function select(
  client: HlsClient,
  address: HttpAddress,
  { log }: Pick<SourceContext, 'log'>,
): Promise<Selection> {
  const { bytes, address: from } = await client.get(address, MAX_PLAYLIST_BYTES);
  const playlist = parsePlaylist(bytes);
  if (playlist.kind === 'media') return { main: from, playlist, audio: undefined };
  const variant = bestVariant(playlist);
  log('variant', { bandwidth: variant.bandwidth, resolution: variant.resolution });
  const audio = audioOf(playlist, variant);
  return {
    main: resolveUri(from, variant.uri),
    playlist: undefined,
    audio: audio === undefined ? undefined : resolveUri(from, audio),
  };
}

function bestVariant({ variants }: MultivariantPlaylist): Variant {
  const playable = variants.filter(
    ({ codecs }) => codecs === undefined || codecs.every((name) => PLAYABLE.test(name)),
  );
  const partly = variants.filter(({ codecs }) => codecs?.some((name) => PLAYABLE.test(name)) === true);
  const [best] = (playable.length > 0 ? playable : partly).toSorted((a, b) => b.bandwidth - a.bandwidth);
  if (best !== undefined) return best;
  const names = [...new Set(variants.flatMap(({ codecs = [] }) => codecs))].join(', ').slice(0, 100);
  throw new SourceError(
    'ERR_SOURCE_NO_TRACKS',
    `the stream has no codec that can be carried, only ${names}`,
    {
      isPermanent: true,
    },
  );
}

/** The playlist of the variant's sound, where that is apart: the default one, or the first. */
function audioOf({ renditions }: MultivariantPlaylist, { audio }: Variant): string | undefined {
  const group = renditions.filter(({ type, groupId }) => type === 'AUDIO' && groupId === audio);
  return (group.find(({ isDefault }) => isDefault) ?? group[0])?.uri;
}

function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, `the stream is broken: ${error.message}`, { cause: error });
}
