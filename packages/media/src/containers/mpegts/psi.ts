import { ProtocolError } from '../../errors.ts';
import { crc32 } from './crc32.ts';
import type { PacketHeader } from './packet.ts';

/** Header, program number, version, section numbers, and the CRC behind. */
const MIN_SECTION_BYTES = 12;
const MAX_SECTION_BYTES = 1024;
const TABLE_PAT = 0;
const TABLE_PMT = 2;
const NO_PAYLOAD = new Uint8Array(0);

/** One section of a program association or program map table (ISO 13818-1 §2.4.4.3, §2.4.4.8). */
export interface TableSection {
  readonly tableId: number;
  /** The transport stream's id in a PAT, the program's number in a PMT. */
  readonly tableIdExtension: number;
  readonly version: number;
  readonly isCurrent: boolean;
  readonly sectionNumber: number;
  readonly lastSectionNumber: number;
  /** What stands between the section numbers and the CRC. */
  readonly body: Uint8Array;
}

/** An elementary stream as a PMT declares it. */
export interface ElementaryStream {
  readonly pid: number;
  readonly streamType: number;
  /** Descriptors (§2.6), one behind the other. */
  readonly descriptors: Uint8Array;
}

/** Puts the sections of one PID together from packets; what is damaged or of other tables is left out. */
export class SectionReader {
  #section = NO_PAYLOAD;

  /** Takes the payload of one packet. @returns the sections that ended in it. */
  push(header: PacketHeader, packet: Uint8Array, isContinuous: boolean): TableSection[] {
    const sections: TableSection[] = [];
    let payload = packet.subarray(header.payloadStart);
    if (!isContinuous) this.#section = NO_PAYLOAD;
    if (header.isStart) {
      const pointer = payload[0] ?? 0;
      const [end, start] = [payload.subarray(1, 1 + pointer), payload.subarray(1 + pointer)];
      if (this.#section.length > 0) this.#append(end, sections);
      this.#section = NO_PAYLOAD;
      payload = start;
    } else if (this.#section.length === 0) return sections; // joined in the middle of a section
    this.#append(payload, sections);
    return sections;
  }

  #append(bytes: Uint8Array, sections: TableSection[]): void {
    let data = bytes;
    if (this.#section.length > 0) {
      data = new Uint8Array(this.#section.length + bytes.length);
      data.set(this.#section);
      data.set(bytes, this.#section.length);
    }
    let offset = 0;
    // A table id of 0xff: the rest of the packet is stuffing (§2.4.4.1).
    while (offset < data.length && data[offset] !== 0xff) {
      const length = 3 + ((((data[offset + 1] ?? 0x0f) & 0x0f) << 8) | (data[offset + 2] ?? 0xff));
      if (data.length - offset < 3 || (data.length - offset < length && length <= MAX_SECTION_BYTES)) break;
      if (length > MAX_SECTION_BYTES) {
        offset = data.length;
        break;
      }
      const section = parseSection(data.subarray(offset, offset + length));
      if (section !== undefined) sections.push(section);
      offset += length;
    }
    this.#section = data[offset] === 0xff ? NO_PAYLOAD : data.slice(offset);
  }
}

function parseSection(bytes: Uint8Array): TableSection | undefined {
  const tableId = bytes[0] ?? 0xff;
  const isKnown = tableId === TABLE_PAT || tableId === TABLE_PMT;
  if (!isKnown || bytes.length < MIN_SECTION_BYTES || ((bytes[1] ?? 0) & 0x80) === 0) return undefined;
  // Over a section with its CRC the register ends at zero (annex A).
  if (crc32(bytes) !== 0) return undefined;
  const flags = bytes[5] ?? 0;
  return {
    tableId,
    tableIdExtension: u16(bytes, 3),
    version: (flags >>> 1) & 0x1f,
    isCurrent: (flags & 1) !== 0,
    sectionNumber: bytes[6] ?? 0,
    lastSectionNumber: bytes[7] ?? 0,
    body: bytes.slice(8, -4),
  };
}

/** Collects the sections of one table until a version of it is whole. */
export class TableReader {
  readonly #tableId: number;
  #version = -1;
  #sections: (TableSection | undefined)[] = [];
  #wholeVersion = -1;

  constructor(table: 'pat' | 'pmt') {
    this.#tableId = table === 'pat' ? TABLE_PAT : TABLE_PMT;
  }

  /** @returns the bodies of a new version, in order, once it is whole. */
  push(section: TableSection): readonly Uint8Array[] | undefined {
    if (section.tableId !== this.#tableId || !section.isCurrent) return undefined;
    const count = section.lastSectionNumber + 1;
    if (section.version !== this.#version || count !== this.#sections.length) {
      this.#version = section.version;
      this.#wholeVersion = -1;
      this.#sections = new Array<TableSection | undefined>(count).fill(undefined);
    }
    // Encoders that start again begin at version 0 again: the same version may say something else.
    const known = this.#sections[section.sectionNumber];
    const isNews = known === undefined || !sameBody(known.body, section.body);
    if (section.sectionNumber >= count || !isNews) return undefined;
    this.#sections[section.sectionNumber] = section;
    const bodies: Uint8Array[] = [];
    for (const each of this.#sections) {
      if (each === undefined) return undefined;
      bodies.push(each.body);
    }
    this.#wholeVersion = section.version;
    return bodies;
  }

  get isWhole(): boolean {
    return this.#wholeVersion !== -1;
  }
}

/** PIDs of the program map tables, in the order of the PAT (§2.4.4.3). */
export function programMapPids(bodies: readonly Uint8Array[], limit: number): number[] {
  const pids: number[] = [];
  for (const body of bodies) {
    for (let offset = 0; offset + 4 <= body.length && pids.length < limit; offset += 4) {
      // Program 0 is the network information table.
      if (u16(body, offset) !== 0) pids.push(u16(body, offset + 2) & 0x1fff);
    }
  }
  return pids;
}

/**
 * The elementary streams of a program (§2.4.4.8).
 *
 * @throws {ProtocolError} `ERR_TS_PMT`: lengths that do not fit, or too many streams.
 */
export function elementaryStreams(bodies: readonly Uint8Array[], limit: number): ElementaryStream[] {
  const streams: ElementaryStream[] = [];
  for (const body of bodies) {
    let offset = 4 + (u16(body, 2) & 0x0fff);
    while (offset + 5 <= body.length) {
      const end = offset + 5 + (u16(body, offset + 3) & 0x0fff);
      if (end > body.length) throw invalid('a length reaches beyond the table');
      if (streams.length >= limit) throw invalid(`more than ${limit} elementary streams`);
      streams.push({
        pid: u16(body, offset + 1) & 0x1fff,
        streamType: body[offset] ?? 0,
        descriptors: body.subarray(offset + 5, end),
      });
      offset = end;
    }
  }
  return streams;
}

/** Data of the first descriptor with this tag for which `fits` holds. */
export function findDescriptor(
  descriptors: Uint8Array,
  tag: number,
  fits: (data: Uint8Array) => boolean = () => true,
): Uint8Array | undefined {
  let offset = 0;
  while (offset + 2 <= descriptors.length) {
    const end = offset + 2 + (descriptors[offset + 1] ?? 0);
    const data = descriptors.subarray(offset + 2, end);
    if (descriptors[offset] === tag && fits(data)) return data;
    offset = end;
  }
  return undefined;
}

function sameBody(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('ERR_TS_PMT', `Bad program map table: ${reason}`);
}
