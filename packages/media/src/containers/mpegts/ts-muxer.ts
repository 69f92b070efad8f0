import type { AccessUnit } from '../../access-unit.ts';
import { parseAudioSpecificConfig, type AudioSpecificConfig } from '../../codecs/aac.ts';
import { adtsHeader } from '../../codecs/adts.ts';
import { ProtocolError } from '../../errors.ts';
import { rescale } from '../../time.ts';
import type { AacTrack, Track } from '../../track.ts';
import { PAT_PID } from './packet.ts';
import { packetCount, PacketWriter, type PacketStart } from './packet-writer.ts';
import { PES_CLOCK_RATE, writeTimestamp } from './pes.ts';
import {
  PMT_PID,
  programAssociation,
  programMap,
  streamLayout,
  type StreamLayout,
} from './program-tables.ts';

const FIRST_PID = 0x100;
const PERIOD = 2 ** 33;
/** Keeps timestamps positive where the first units lie before zero. */
const TIME_BASE = PES_CLOCK_RATE;
/** By how much a unit comes before its decoding time: room for sound that lags behind the picture. */
const PCR_LEAD = PES_CLOCK_RATE / 5;
/** The clock is told this often (ETSI TR 101 290 wants 40 ms), and the tables (100 ms). */
const PCR_INTERVAL = (PES_CLOCK_RATE * 36) / 1000;
const TABLES_INTERVAL = PES_CLOCK_RATE / 10;
/** Clocks caught up on in front of one unit: after a longer silence it just goes on. */
const MAX_CLOCKS = 30;
const MAX_PES_LENGTH = 0xffff;
const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** Access unit delimiters with start codes: any slice type. */
const H264_DELIMITER = Uint8Array.of(0, 0, 0, 1, 0x09, 0xf0);
const H265_DELIMITER = Uint8Array.of(0, 0, 0, 1, 0x46, 0x01, 0x50);
const NO_BYTES = new Uint8Array(0);

interface MuxedTrack {
  readonly layout: StreamLayout;
  readonly aac: AudioSpecificConfig | undefined;
  counter: number;
}

/** What of a unit stands in front of what. */
interface Payload {
  /** In front of all, and in front of every element. */
  readonly head: Uint8Array;
  readonly prefix: Uint8Array;
  readonly data: readonly Uint8Array[];
  readonly byteLength: number;
}

/**
 * Writes an MPEG transport stream (ISO 13818-1) of one program: H.264 or H.265, and AAC (in ADTS), MPEG audio or
 * Opus. Tracks of other codecs are left out.
 *
 * One unit is one PES packet and begins with a transport packet of its own, the tables in front of every random
 * access point: what is written may be cut between units, and joined at any random access unit.
 */
export class TsMuxer {
  #tracks = new Map<number, MuxedTrack>();
  #clockTrack: number | undefined;
  #hasVideo = false;
  #version = -1;
  #tables: readonly [pat: Uint8Array, pmt: Uint8Array] = [NO_BYTES, NO_BYTES];
  #tableCounter = 0;
  #lastTables = Number.NEGATIVE_INFINITY;
  #lastPcr: number | undefined;

  /**
   * PAT and PMT of these tracks, which the units from now on belong to.
   *
   * @throws {ProtocolError} `ERR_TS_TRACKS`: none of them can be carried.
   */
  header(tracks: readonly Track[]): Uint8Array {
    const muxed = new Map<number, MuxedTrack>();
    for (const track of tracks) {
      const layout = streamLayout(track, FIRST_PID + track.id);
      const aac = track.codec === 'aac' ? adtsConfig(track) : undefined;
      if (layout === undefined || (track.codec === 'aac' && aac === undefined)) continue;
      muxed.set(track.id, { layout, aac, counter: this.#tracks.get(track.id)?.counter ?? 0 });
    }
    const clock =
      tracks.find(({ id, kind }) => kind === 'video' && muxed.has(id)) ??
      tracks.find(({ id }) => muxed.has(id));
    if (clock === undefined) {
      const codecs = tracks.map(({ codec }) => codec).join(', ');
      throw new ProtocolError('ERR_TS_TRACKS', `MPEG-TS carries none of this stream's codecs (${codecs})`);
    }
    this.#tracks = muxed;
    this.#clockTrack = clock.id;
    this.#hasVideo = clock.kind === 'video';
    this.#version += 1;
    const layouts = Array.from(muxed.values(), ({ layout }) => layout);
    this.#tables = [
      programAssociation(this.#version),
      programMap(this.#version, layouts, FIRST_PID + clock.id),
    ];
    this.#lastTables = Number.NEGATIVE_INFINITY;
    const writer = new PacketWriter(this.#tables.length);
    this.#writeTables(writer);
    return writer.bytes;
  }

  /** The unit as whole packets; `undefined` where its track is left out. */
  unit(unit: AccessUnit): Uint8Array | undefined {
    const { track } = unit;
    const muxed = this.#tracks.get(track.id);
    if (muxed === undefined) return undefined;
    const dts = rescale(unit.dts, track.clockRate, PES_CLOCK_RATE);
    const pts = rescale(unit.pts, track.clockRate, PES_CLOCK_RATE);
    const payload = payloadOf(unit, muxed.aac);
    const isEntry = unit.isRandomAccess && (track.kind === 'video' || !this.#hasVideo);
    const hasTables = (isEntry && track.kind === 'video') || this.#areTablesDue(dts);
    const isClock = track.id === this.#clockTrack;
    const clocks = this.#missedClocks(dts, isClock);
    const pcr = isClock ? this.#tick(dts - PCR_LEAD) : undefined;
    const start: PacketStart = { isRandomAccess: isEntry, pcr };
    const headerBytes = pts === dts ? 14 : 19;
    const pesBytes = headerBytes + payload.byteLength;
    const packets = packetCount(pesBytes, start);
    const writer = new PacketWriter((hasTables ? 2 : 0) + clocks.length + packets);
    if (hasTables) this.#writeTables(writer);
    if (hasTables) this.#lastTables = dts;
    this.#writeClocks(writer, clocks);
    writer.begin(muxed.layout.pid, muxed.counter, pesBytes, start);
    muxed.counter = (muxed.counter + packets) & 0x0f;
    writer.write(pesHeader(muxed.layout.streamId, pesBytes, pts, dts));
    writePayload(writer, payload);
    return writer.bytes;
  }

  #areTablesDue(dts: number): boolean {
    return Math.abs(dts - this.#lastTables) >= TABLES_INTERVAL;
  }

  #writeTables(writer: PacketWriter): void {
    for (const [index, pid] of [PAT_PID, PMT_PID].entries()) {
      const packet = (this.#tables[index] ?? NO_BYTES).slice();
      packet[3] = 0x10 | this.#tableCounter;
      writer.copy(packet);
      if (pid === PMT_PID) this.#tableCounter = (this.#tableCounter + 1) & 0x0f;
    }
  }

  /** Times at which the clock had to be told since it was, and no unit of its track was there to do it. */
  #missedClocks(dts: number, isClock: boolean): number[] {
    const clocks: number[] = [];
    if (this.#lastPcr === undefined) return clocks;
    const end = dts - PCR_LEAD;
    if (end - this.#lastPcr > MAX_CLOCKS * PCR_INTERVAL) return clocks;
    let next = this.#lastPcr + PCR_INTERVAL;
    while (isClock ? next < end : next <= end) {
      clocks.push(this.#tick(next));
      next += PCR_INTERVAL;
    }
    return clocks;
  }

  /** The clock as it is written; it never runs back. */
  #tick(time: number): number {
    this.#lastPcr = Math.max(time, this.#lastPcr ?? time);
    return wrapped(this.#lastPcr + TIME_BASE);
  }

  #writeClocks(writer: PacketWriter, clocks: readonly number[]): void {
    const clock = this.#tracks.get(this.#clockTrack ?? -1);
    if (clock === undefined) return;
    for (const pcr of clocks) writer.clock(clock.layout.pid, (clock.counter - 1) & 0x0f, pcr);
  }
}

function wrapped(ticks: number): number {
  return ((ticks % PERIOD) + PERIOD) % PERIOD;
}

/** What an ADTS header says of the track; `undefined` where it cannot be said. */
function adtsConfig(track: AacTrack): AudioSpecificConfig | undefined {
  const config = parseAudioSpecificConfig(track.config);
  try {
    adtsHeader(config, 0);
    return config.samplesPerFrame === 1024 ? config : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function payloadOf({ track, data, byteLength }: AccessUnit, aac: AudioSpecificConfig | undefined): Payload {
  if (track.codec === 'h264' || track.codec === 'h265') {
    const head = track.codec === 'h264' ? H264_DELIMITER : H265_DELIMITER;
    const prefixes = data.length * START_CODE.length;
    return { head, prefix: START_CODE, data, byteLength: head.length + prefixes + byteLength };
  }
  let head: Uint8Array = NO_BYTES;
  if (aac !== undefined) head = adtsHeader(aac, byteLength);
  else if (track.codec === 'opus') head = opusControlHeader(byteLength);
  return { head, prefix: NO_BYTES, data, byteLength: head.length + byteLength };
}

function writePayload(writer: PacketWriter, { head, prefix, data }: Payload): void {
  writer.write(head);
  for (const part of data) {
    writer.write(prefix);
    writer.write(part);
  }
}

function pesHeader(streamId: number, pesBytes: number, pts: number, dts: number): Uint8Array {
  const hasDts = pts !== dts;
  const out = new Uint8Array(hasDts ? 19 : 14);
  const length = pesBytes - 6;
  const told = length <= MAX_PES_LENGTH ? length : 0;
  out.set([0, 0, 1, streamId, told >>> 8, told & 0xff, 0x84, hasDts ? 0xc0 : 0x80, hasDts ? 10 : 5]);
  writeTimestamp(out, 9, hasDts ? 3 : 2, wrapped(pts + TIME_BASE));
  if (hasDts) writeTimestamp(out, 14, 1, wrapped(dts + TIME_BASE));
  return out;
}

/** In front of one Opus packet: prefix, no trimming, its size in bytes of at most 255. */
function opusControlHeader(size: number): Uint8Array {
  const full = Math.floor(size / 255);
  const out = new Uint8Array(3 + full).fill(255, 2, 2 + full);
  out[0] = 0x7f;
  out[1] = 0xe0;
  out[2 + full] = size % 255;
  return out;
}
