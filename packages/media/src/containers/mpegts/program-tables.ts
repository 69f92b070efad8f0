import type { Track } from '../../track.ts';
import { fourCc } from '../fmp4/box.ts';
import { crc32 } from './crc32.ts';
import { PAT_PID, SYNC_BYTE, TS_PACKET_BYTES } from './packet.ts';

export const PMT_PID = 0x1000;
/** PID of a program without a clock (ISO 13818-1 §2.4.4.9). */
const NO_PCR_PID = 0x1fff;
const PROGRAM_NUMBER = 1;
const TRANSPORT_STREAM_ID = 1;
const REGISTRATION = 0x05;
const EXTENSION = 0x7f;
const registration = (format: string): number[] => [REGISTRATION, 4, ...fourCc(format)];

/** How an elementary stream is written. */
export interface StreamLayout {
  readonly pid: number;
  /** `stream_id` of its PES packets (table 2-22). */
  readonly streamId: number;
  readonly streamType: number;
  readonly descriptors: readonly number[];
}

/** How a track goes into a transport stream; `undefined`: not at all. */
export function streamLayout(track: Track, pid: number): StreamLayout | undefined {
  switch (track.codec) {
    case 'h264':
      return { pid, streamId: 0xe0, streamType: 0x1b, descriptors: [] };
    case 'h265':
      return { pid, streamId: 0xe0, streamType: 0x24, descriptors: registration('HEVC') };
    case 'aac':
      return { pid, streamId: 0xc0, streamType: 0x0f, descriptors: [] };
    case 'mpa':
      // MPEG-1 has the sample rates from 32 kHz on; the lower ones are MPEG-2's.
      return { pid, streamId: 0xc0, streamType: track.sampleRate < 32_000 ? 0x04 : 0x03, descriptors: [] };
    case 'opus':
      return {
        pid,
        streamId: 0xbd,
        streamType: 0x06,
        descriptors: [...registration('Opus'), EXTENSION, 2, 0x80, track.channels],
      };
    default:
      return undefined;
  }
}

/** The program association table, in one packet, with a continuity counter of 0. */
export function programAssociation(version: number): Uint8Array {
  const body = [PROGRAM_NUMBER >>> 8, PROGRAM_NUMBER & 0xff, 0xe0 | (PMT_PID >>> 8), PMT_PID & 0xff];
  return tablePacket(PAT_PID, section(0x00, TRANSPORT_STREAM_ID, version, body));
}

/** The program map table, in one packet, with a continuity counter of 0. */
export function programMap(
  version: number,
  streams: readonly StreamLayout[],
  pcrPid = NO_PCR_PID,
): Uint8Array {
  const body = [0xe0 | (pcrPid >>> 8), pcrPid & 0xff, 0xf0, 0];
  for (const { pid, streamType, descriptors } of streams) {
    body.push(streamType, 0xe0 | (pid >>> 8), pid & 0xff, 0xf0, descriptors.length, ...descriptors);
  }
  return tablePacket(PMT_PID, section(0x02, PROGRAM_NUMBER, version, body));
}

function section(tableId: number, extension: number, version: number, body: readonly number[]): Uint8Array {
  const length = 5 + body.length + 4;
  const out = new Uint8Array(3 + length);
  out.set([
    ...[tableId, 0xb0 | (length >>> 8), length & 0xff, extension >>> 8, extension & 0xff],
    ...[0xc1 | ((version & 0x1f) << 1), 0, 0, ...body],
  ]);
  new DataView(out.buffer).setUint32(3 + length - 4, crc32(out.subarray(0, -4)));
  return out;
}

function tablePacket(pid: number, table: Uint8Array): Uint8Array {
  const out = new Uint8Array(TS_PACKET_BYTES).fill(0xff);
  out.set([SYNC_BYTE, 0x40 | (pid >>> 8), pid & 0xff, 0x10, 0]);
  out.set(table, 5);
  return out;
}
