import path from 'node:path';
import { SourceError } from '../../cameras/source.ts';

/** What a file is read as. */
export type FileFormat = 'mp4' | 'ts' | 'flv' | 'h264' | 'h265';

/** What a `file:` address asks for. */
export interface FileAddress {
  /** Absolute, once the configuration was read. */
  readonly path: string;
  readonly format: FileFormat;
  readonly isLoop: boolean;
  /** Of raw video, which has no times. */
  readonly framesPerSecond: number;
}

const FORMATS: Readonly<Record<string, FileFormat>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mp4',
  '.ts': 'ts',
  '.mts': 'ts',
  '.m2ts': 'ts',
  '.flv': 'flv',
  '.h264': 'h264',
  '.264': 'h264',
  '.h265': 'h265',
  '.265': 'h265',
  '.hevc': 'h265',
};
const DEFAULT_FRAMES_PER_SECOND = 25;
const MAX_FRAMES_PER_SECOND = 240;

/**
 * Parses `file:PATH?loop&fps=25`.
 *
 * @throws {SourceError} `ERR_FILE_ADDRESS`, or `ERR_FILE_FORMAT` with the way to convert it.
 */
export function parseFileAddress(address: string): FileAddress {
  const [, name = '', query = ''] = /^file:(?:\/\/(?=\/))?(.*?)(?:\?([^?]*))?$/is.exec(address) ?? [];
  const format = FORMATS[path.extname(name).toLowerCase()];
  if (format === undefined) {
    const command = `ffmpeg -i ${path.basename(name)} -c:v libx264 -c:a aac clip.mp4`;
    throw new SourceError(
      'ERR_FILE_FORMAT',
      `files are read as MP4, MPEG-TS, FLV, .h264 and .h265; make one by: ${command}`,
      { isPermanent: true },
    );
  }
  return { path: name, format, ...parseOptions(new URLSearchParams(query)) };
}

function parseOptions(options: URLSearchParams): Pick<FileAddress, 'isLoop' | 'framesPerSecond'> {
  for (const key of options.keys()) {
    if (key !== 'loop' && key !== 'fps') throw bad(`file: knows loop and fps, and no "${key.slice(0, 20)}"`);
  }
  const framesPerSecond = Number(options.get('fps') ?? DEFAULT_FRAMES_PER_SECOND);
  if (!(framesPerSecond > 0 && framesPerSecond <= MAX_FRAMES_PER_SECOND)) {
    throw bad(`fps has to be a number up to ${MAX_FRAMES_PER_SECOND}`);
  }
  return { framesPerSecond, isLoop: !['0', 'false', null].includes(options.get('loop')) };
}

function bad(message: string): SourceError {
  return new SourceError('ERR_FILE_ADDRESS', message, { isPermanent: true });
}
