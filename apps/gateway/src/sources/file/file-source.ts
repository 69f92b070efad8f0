import { ProtocolError } from '@vedette/media';
import { open, type FileHandle } from 'node:fs/promises';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { steadyClock } from '../../stream/stream.ts';
import { DemuxedFeed } from '../demuxed-feed.ts';
import { UnitPacer } from '../unit-pacer.ts';
import { parseFileAddress, type FileAddress } from './file-address.ts';
import { playFile } from './file-pass.ts';
import { LoopTimeline } from './loop-timeline.ts';

/** How far ahead of its time a file is read, in milliseconds of media. */
const READ_AHEAD_MS = 500;
/** It is read further when no more than this is left. */
const LEFT_MS = 250;

/** A file that plays like a camera: at its own pace, once or without end. */
export class FileSource implements Source {
  readonly #address: string;

  /** @param address `file:clip.mp4?loop` */
  constructor(address: string) {
    this.#address = address;
  }

  async run(context: SourceContext): Promise<void> {
    const address = parseFileAddress(this.#address);
    const file = await openFile(address.path);
    const feed = new DemuxedFeed((tracks) => context.open(tracks));
    const pacer = new UnitPacer({ write: (unit) => feed.onUnit(unit), clock: steadyClock });
    const timeline = new LoopTimeline({
      onTracks: (tracks) => feed.onTracks(tracks),
      onUnit: (unit) => pacer.push(unit),
    });
    try {
      await play(file, address, timeline, pacer, context);
    } catch (error) {
      throw toSourceError(error);
    } finally {
      pacer.close();
      feed.close();
      await file.close();
    }
  }
}

async function play(
  file: FileHandle,
  address: FileAddress,
  timeline: LoopTimeline,
  pacer: UnitPacer,
  context: SourceContext,
): Promise<void> {
  const { signal } = context;
  do {
    const pass = playFile(file, address, timeline, context);
    try {
      while (!signal.aborted && (await pass.next()).done !== true)
        await pacer.room(READ_AHEAD_MS, signal, LEFT_MS);
    } finally {
      await pass.return();
    }
    if (!signal.aborted && !timeline.endPass()) {
      throw new SourceError('ERR_FILE_EMPTY', 'the file has no pictures or sound that can be played', {
        isPermanent: true,
      });
    }
  } while (address.isLoop && !signal.aborted);
  await pacer.drained(signal);
  if (signal.aborted) return;
  throw new SourceError('ERR_FILE_ENDED', 'the file was played to its end: add ?loop to repeat it', {
    isPermanent: true,
  });
}

/** @throws {SourceError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`: it may be there at the next attempt. */
async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) throw new SourceError('ERR_FILE_NOT_FOUND', `there is no file ${path}`);
  }
  await file?.close();
  throw new SourceError('ERR_FILE_UNREADABLE', `${path} is no file that may be read`);
}

function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, `the file is broken: ${error.message}`, {
    cause: error,
    isPermanent: true,
  });
}
