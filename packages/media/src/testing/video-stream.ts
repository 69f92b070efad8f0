import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { AccessUnit } from '../access-unit.ts';
import { h264NalType, H264NalType } from '../codecs/h264/nal-unit-type.ts';
import { PictureOrderCounter } from '../codecs/h264/picture-order-counter.ts';
import { parsePps, type H264Pps } from '../codecs/h264/pps.ts';
import { parseSliceHeader, type H264SliceHeader } from '../codecs/h264/slice-header.ts';
import { parseSps, type H264Sps } from '../codecs/h264/sps.ts';
import { AnnexBPictureSplitter } from '../picture-splitter.ts';
import type { NalTrack } from '../track.ts';
import { createVideoAssembler } from '../video-assembler.ts';
import { ffmpeg, ffprobe } from './ffmpeg.ts';
import { sharedPath } from './shared.ts';

export const CLOCK_RATE = 90_000;
/** Distance of pictures where a raw stream says nothing: 25 pictures a second. */
const TICKS_PER_PICTURE = 3600;

/** A picture as a source would hand it over: its NAL units and its presentation time. */
export interface TimedPicture {
  readonly nals: readonly Uint8Array[];
  /** Ticks of {@link CLOCK_RATE}. */
  readonly pts: number;
}

/** A raw H.264 or H.265 stream to test with. */
export interface VideoStream {
  readonly name: string;
  readonly codec: NalTrack['codec'];
  /** The Annex B stream, which decoders take as it is. */
  readonly annexB: Uint8Array;
  /** Its pictures in decoding order. */
  readonly pictures: readonly TimedPicture[];
}

/** The H.264 streams of the shared test data; none where that is missing, which is said on the console. */
export function sharedH264Streams(): VideoStream[] {
  const folder = sharedPath('vectors', 'h264');
  if (folder === undefined) return [];
  return readdirSync(folder)
    .filter((name) => name !== 'LICENSE')
    .map((name) => {
      const annexB = new Uint8Array(readFileSync(path.join(folder, name)));
      const pictures = splitPictures('h264', annexB);
      const times = outputOrder(pictures);
      return {
        name,
        codec: 'h264',
        annexB,
        pictures: pictures.map((nals, i) => ({ nals, pts: (times[i] ?? i) * TICKS_PER_PICTURE })),
      };
    });
}

/** The video of an MP4 file as a raw stream, with the times that the file gives its pictures. */
export function mp4VideoStream(file: string, codec: NalTrack['codec']): VideoStream {
  const [filter, format] = codec === 'h264' ? ['h264_mp4toannexb', 'h264'] : ['hevc_mp4toannexb', 'hevc'];
  const { stdout } = ffmpeg([
    '-i',
    file,
    '-map',
    '0:v:0',
    '-c',
    'copy',
    '-bsf:v',
    filter,
    '-f',
    format,
    'pipe:1',
  ]);
  const annexB = new Uint8Array(stdout);
  const times = packetTimes(file);
  const pictures = splitPictures(codec, annexB);
  if (times.length !== pictures.length) {
    throw new Error(`${file}: ${times.length} packets, but ${pictures.length} pictures`);
  }
  return {
    name: path.basename(file),
    codec,
    annexB,
    pictures: pictures.map((nals, i) => ({ nals, pts: Math.round((times[i] ?? 0) * CLOCK_RATE) })),
  };
}

/** Splits a whole raw stream into pictures. */
export function splitPictures(codec: NalTrack['codec'], annexB: Uint8Array): Uint8Array[][] {
  const splitter = new AnnexBPictureSplitter(codec);
  return [...splitter.push(annexB), ...splitter.flush()];
}

/** The access units of a stream: what a source passes on. Of `announced`, the parameter sets are used. */
export function assembleUnits(stream: VideoStream, announced: readonly Uint8Array[] = []): AccessUnit[] {
  const assembler = createVideoAssembler(stream.codec, 0, CLOCK_RATE, announced);
  return stream.pictures.flatMap(({ nals, pts }) => assembler.push(nals, pts) ?? []);
}

/** Presentation times of the packets of a file, in seconds, in decoding order. */
function packetTimes(file: string): number[] {
  const probed = ffprobe(file, '-select_streams', 'v:0', '-show_entries', 'packet=pts_time') as {
    packets: { pts_time: string }[];
  };
  return probed.packets.map((packet) => Number(packet.pts_time));
}

/** Place of each picture in output order. A raw stream has no times, only picture order counts. */
function outputOrder(pictures: readonly Uint8Array[][]): number[] {
  const reader = new SliceReader();
  let sequence = 0;
  const keys = pictures.map((nals) => {
    const { isIdr, order } = reader.read(nals);
    if (isIdr) sequence++;
    return { sequence, order };
  });
  const places = keys.map((_, i) => i);
  const decodingOrder = places.toSorted((a, b) => {
    const [first, second] = [keys[a], keys[b]];
    if (first === undefined || second === undefined) return 0;
    return first.sequence - second.sequence || first.order - second.order || a - b;
  });
  decodingOrder.forEach((picture, place) => (places[picture] = place));
  return places;
}

class SliceReader {
  readonly #sps = new Map<number, H264Sps>();
  readonly #pps = new Map<number, H264Pps>();
  #counter: PictureOrderCounter | undefined;

  /** Order counts only within one coded video sequence, and only where the stream has counts of type 0. */
  read(nals: readonly Uint8Array[]): { readonly isIdr: boolean; readonly order: number } {
    for (const nal of nals) {
      const type = h264NalType(nal);
      if (type === H264NalType.sps) this.#addSps(parseSps(nal));
      if (type === H264NalType.pps) this.#addPps(parsePps(nal));
      if (type === H264NalType.slice || type === H264NalType.idr) {
        const slice = this.#parse(nal);
        return {
          isIdr: slice?.isIdr ?? false,
          order: slice && this.#counter ? this.#counter.count(slice) : 0,
        };
      }
    }
    return { isIdr: false, order: 0 };
  }

  #addSps(sps: H264Sps): void {
    this.#sps.set(sps.id, sps);
    this.#counter ??= sps.picOrderCntType === 0 ? new PictureOrderCounter(sps.picOrderCntLsbBits) : undefined;
  }

  #addPps(pps: H264Pps): void {
    this.#pps.set(pps.id, pps);
  }

  #parse(nal: Uint8Array): H264SliceHeader | undefined {
    return parseSliceHeader(nal, (id) => {
      const pps = this.#pps.get(id);
      const sps = pps && this.#sps.get(pps.spsId);
      return pps && sps && { pps, sps };
    });
  }
}
