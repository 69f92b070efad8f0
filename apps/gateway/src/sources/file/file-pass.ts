import {
  AnnexBPictureSplitter,
  createVideoAssembler,
  Fmp4Demuxer,
  FlvDemuxer,
  Mp4File,
  ProtocolError,
  TsDemuxer,
  type Demuxer,
  type DemuxerOutput,
} from '@vedette/media';
import type { FileHandle } from 'node:fs/promises';
import type { SourceContext } from '../../cameras/source.ts';
import type { FileAddress } from './file-address.ts';

/** Bytes of one read: some pictures. */
const READ_BYTES = 64 * 1024;
/** Of pictures, and of sound. */
const WINDOWS = 2;
const CLOCK_RATE = 90_000;

/** One pass through a file: hands its units to an output, some at every step. */
export type FilePass = AsyncGenerator<undefined, void>;

/**
 * Reads a file from its beginning to its end.
 *
 * @throws {ProtocolError} it is not what its name says, or broken.
 */
export async function* playFile(
  file: FileHandle,
  { format, framesPerSecond }: FileAddress,
  output: DemuxerOutput,
  { log, count }: Pick<SourceContext, 'log' | 'count'>,
): FilePass {
  const options = {
    onIgnored: (what: string) => log('left out', { what }),
    onDamage: (event: 'lostPackets' | 'damagedPictures', amount: number) => count(event, amount),
  };
  switch (format) {
    case 'mp4': {
      const windows = new FileWindows(file);
      const read = async (offset: number, length: number): Promise<Uint8Array> =>
        windows.read(offset, length);
      const { size } = await file.stat();
      const movie = await Mp4File.open(read, size);
      yield* movie === undefined
        ? demultiplex(file, new Fmp4Demuxer(output, options))
        : movie.play(output, options);
      return;
    }
    case 'ts':
      yield* demultiplex(file, new TsDemuxer(output, options));
      return;
    case 'flv':
      yield* demultiplex(file, new FlvDemuxer(output));
      return;
    default:
      yield* demultiplex(file, new AnnexBDemuxer(format, framesPerSecond, output));
  }
}

interface FileWindow {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What was read last of a file: samples of a track mostly lie one behind the other, and each read costs a thread hop. */
class FileWindows {
  readonly #file: FileHandle;
  /** The one that was used last first: tracks may lie far from each other. */
  #windows: FileWindow[] = [];

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** @returns views of a window; fewer bytes at the file's end. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const isIn = (window: FileWindow): boolean =>
      offset >= window.offset && offset + length <= window.offset + window.bytes.length;
    const window = this.#windows.find(isIn) ?? (await this.#open(offset, Math.max(length, READ_BYTES)));
    const others = this.#windows.filter((other) => other !== window);
    this.#windows = [window, ...others.slice(0, WINDOWS - 1)];
    const start = offset - window.offset;
    return window.bytes.subarray(start, start + length);
  }

  async #open(offset: number, length: number): Promise<FileWindow> {
    return { offset, bytes: await readAt(this.#file, offset, length) };
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function* demultiplex(file: FileHandle, demuxer: Demuxer): FilePass {
  let offset = 0;
  for (;;) {
    const bytes = await readAt(file, offset, READ_BYTES);
    if (bytes.length === 0) break;
    offset += bytes.length;
    demuxer.push(bytes);
    yield undefined;
  }
  demuxer.flush();
  yield undefined;
}

/** Raw H.264 or H.265: pictures at a steady rate, in the order in which they are. */
class AnnexBDemuxer implements Demuxer {
  readonly #codec: 'h264' | 'h265';
  readonly #splitter: AnnexBPictureSplitter;
  readonly #assembler: ReturnType<typeof createVideoAssembler>;
  readonly #frameTicks: number;
  readonly #output: DemuxerOutput;
  #pictures = 0;
  #hasTracks = false;

  constructor(codec: 'h264' | 'h265', framesPerSecond: number, output: DemuxerOutput) {
    this.#codec = codec;
    this.#splitter = new AnnexBPictureSplitter(codec);
    this.#assembler = createVideoAssembler(codec, 0, CLOCK_RATE);
    this.#frameTicks = CLOCK_RATE / framesPerSecond;
    this.#output = output;
  }

  push(bytes: Uint8Array): void {
    for (const picture of this.#splitter.push(bytes)) this.#take(picture);
  }

  flush(): void {
    for (const picture of this.#splitter.flush()) this.#take(picture);
  }

  #take(picture: Uint8Array[]): void {
    const unit = this.#assembler.push(picture, Math.round(this.#pictures * this.#frameTicks));
    if (unit === undefined) return;
    if (unit.track.kind === 'video' && unit.track.video.reorderDepth > 0) {
      const encoder = this.#codec === 'h264' ? 'libx264' : 'libx265';
      throw new ProtocolError(
        'ERR_FILE_B_FRAMES',
        `raw video with B-frames has no times: put it into a container by ffmpeg -i clip.${this.#codec} -c copy clip.mp4, or encode it anew with -c:v ${encoder} -bf 0`,
      );
    }
    this.#pictures += 1;
    if (!this.#hasTracks) this.#output.onTracks([unit.track]);
    this.#hasTracks = true;
    this.#output.onUnit(unit);
  }
}
