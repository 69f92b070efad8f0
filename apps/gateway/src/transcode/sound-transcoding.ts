import type { AccessUnit, AudioTrack, Track } from '@vedette/media';
import type { Logger } from '../observability/logger.ts';
import type { Reader } from '../stream/reader.ts';
import type { Stream } from '../stream/stream.ts';
import { soundTarget, type SoundTarget } from '../workers/media/sound-target.ts';
import { type MediaStudio, WorkerLine } from './worker-line.ts';

/**
 * A stream's sound in another codec: transcoded once, however many take it, and only while somebody does.
 * What cannot be decoded is silence.
 */
export class SoundTranscoding implements Reader {
  readonly name = 'sound-transcoding';
  readonly #stream: Stream;
  readonly #codec: SoundTarget['codec'];
  readonly #line: WorkerLine;
  readonly #listeners = new Set<(unit: AccessUnit) => void>();
  readonly #onIdle: () => void;
  #source: AudioTrack | undefined;
  /** What to add to stream time, in ms, to have the wall clock. */
  #wallOffsetMs = Number.NaN;

  /** @param onIdle told when nobody takes it any more: it is of no further use. */
  constructor(
    stream: Stream,
    codec: SoundTarget['codec'],
    { studio, logger, onIdle }: { studio: MediaStudio; logger: Logger; onIdle: () => void },
  ) {
    this.#stream = stream;
    this.#codec = codec;
    this.#onIdle = onIdle;
    this.#line = new WorkerLine({
      camera: stream.id,
      studio,
      logger,
      purpose: `sound as ${codec}`,
      begin: async (link, channel) => {
        const source = this.#source;
        if (source === undefined) return;
        const target = soundTarget(source, codec);
        const asked = link.request('sound', { channel: channel.number, camera: stream.id, target });
        channel.setTracks([source]);
        await asked;
      },
      onUnit: (unit) => {
        unit.wallClockMs = this.#wallOffsetMs + (unit.pts * 1000) / unit.track.clockRate;
        for (const listener of this.#listeners) listener(unit);
      },
    });
  }

  /**
   * Gives `onUnit` each unit, in the time of the stream, live only, until the function it returns is called
   * (twice is fine). Their track is the one that `soundTrack` makes of the stream's.
   */
  listen(onUnit: (unit: AccessUnit) => void): () => void {
    this.#listeners.add(onUnit);
    if (this.#listeners.size === 1) this.#stream.addReader(this);
    return () => {
      if (!this.#listeners.delete(onUnit) || this.#listeners.size > 0) return;
      this.#stream.removeReader(this);
      this.#line.close();
      this.#onIdle();
    };
  }

  onTracks(tracks: readonly Track[]): void {
    const source = tracks.find((track) => track.kind === 'audio');
    if (source === this.#source) return;
    // The target follows the source: a new job is cheaper than one that changes.
    this.#line.close();
    this.#source = source;
    if (source !== undefined && source.codec !== this.#codec) this.#line.open();
  }

  onUnit(unit: AccessUnit, isReplay: boolean): void {
    if (unit.track !== this.#source || isReplay) return;
    this.#wallOffsetMs = unit.wallClockMs - (unit.pts * 1000) / unit.track.clockRate;
    this.#line.channel?.write(unit);
  }

  onEnd(): void {
    this.#line.close();
  }
}
