import { Fmp4Demuxer, TsDemuxer, type DemuxerOutput } from '@vedette/media';
import { SourceError, type SourceContext } from '../../cameras/source.ts';

type Segments = TsDemuxer | Fmp4Demuxer;

/** Reads segments of one playlist, MPEG-TS or fragmented MP4, whichever they turn out to be. */
export class SegmentDemuxer {
  readonly #output: DemuxerOutput;
  readonly #context: Pick<SourceContext, 'log' | 'count'>;
  #demuxer: Segments | undefined;

  constructor(output: DemuxerOutput, context: Pick<SourceContext, 'log' | 'count'>) {
    this.#output = output;
    this.#context = context;
  }

  /** The container's time that became zero, in ticks of 90 kHz. */
  get originTicks(): number {
    return this.#demuxer?.originTicks ?? 0;
  }

  /** What segments of fragmented MP4 need in front of them. */
  init(bytes: Uint8Array): void {
    const demuxer = this.#of('fmp4');
    demuxer.beginFile();
    demuxer.push(bytes);
  }

  /** The next part of a segment; as `segment`, but its end is not the end of a picture. */
  part(bytes: Uint8Array): void {
    if (bytes.length > 0) (this.#demuxer ?? this.#of(formatOf(bytes))).push(bytes);
  }

  /**
   * A whole segment.
   *
   * @throws {SourceError} `ERR_HLS_SEGMENT`: it is of another kind.
   */
  segment(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const demuxer = this.#of(formatOf(bytes));
    demuxer.beginFile();
    demuxer.push(bytes);
    // Its end is known: nothing of it waits for the next one.
    demuxer.beginFile();
  }

  announceDiscontinuity(): void {
    this.#demuxer?.announceDiscontinuity();
  }

  flush(): void {
    this.#demuxer?.flush();
  }

  #of(format: 'ts' | 'fmp4'): Segments {
    const isSame = this.#demuxer instanceof (format === 'ts' ? TsDemuxer : Fmp4Demuxer);
    if (this.#demuxer !== undefined && isSame) return this.#demuxer;
    if (this.#demuxer !== undefined) throw other('its segments change between MPEG-TS and MP4');
    const { log, count } = this.#context;
    const options = {
      onIgnored: (what: string) => log('left out', { what }),
      onDamage: (event: 'lostPackets' | 'damagedPictures', amount: number) => count(event, amount),
    };
    this.#demuxer =
      format === 'ts' ? new TsDemuxer(this.#output, options) : new Fmp4Demuxer(this.#output, options);
    return this.#demuxer;
  }
}

/** MPEG-TS begins with a sync byte, MP4 with the size and the letters of a box. */
function formatOf(bytes: Uint8Array): 'ts' | 'fmp4' {
  if (bytes[0] === 0x47) return 'ts';
  if (/^[a-z]{4}$/.test(String.fromCharCode(...bytes.subarray(4, 8)))) return 'fmp4';
  const isAudio =
    (bytes[0] === 0x49 && bytes[1] === 0x44) || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0);
  if (isAudio) throw other('its segments are bare sound (ADTS or MP3)');
  throw other('its segments are neither MPEG-TS nor MP4');
}

function other(what: string): SourceError {
  return new SourceError('ERR_HLS_SEGMENT', `the stream cannot be read: ${what}`);
}
