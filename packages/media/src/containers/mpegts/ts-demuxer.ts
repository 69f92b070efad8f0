import { ProtocolError } from '../../errors.ts';
import type { Track } from '../../track.ts';
import type { Demuxer, DemuxerOutput } from '../demuxer.ts';
import { TrackGate } from '../track-gate.ts';
import { adtsFraming, latmFraming, mpegAudioFraming, opusFraming } from './audio-framings.ts';
import { AudioReader } from './audio-reader.ts';
import { elementaryCodec, type ElementaryCodec } from './elementary-codec.ts';
import type { ElementaryOutput, ElementaryReader } from './elementary-reader.ts';
import { TS_LIMITS } from './limits.ts';
import { NULL_PID, PAT_PID, readPacketHeader, TS_PACKET_BYTES, type PacketHeader } from './packet.ts';
import { PacketSplitter } from './packet-splitter.ts';
import { PesReader } from './pes-reader.ts';
import { PES_CLOCK_RATE, type PesHeader } from './pes.ts';
import { elementaryStreams, programMapPids, SectionReader, TableReader } from './psi.ts';
import { TsClock } from './ts-clock.ts';
import { VideoReader } from './video-reader.ts';

/** How long a program may run without anything that can be played, in ticks of the PES clock. */
const FRUITLESS_TICKS = 30 * PES_CLOCK_RATE;

export interface TsDemuxerOptions {
  /** Counts what was seen to be missing: transport packets, and pictures or frames given up because of it. */
  readonly onDamage?: (event: 'lostPackets' | 'damagedPictures', amount: number) => void;
  /** Names an elementary stream that is left out, once for each program map. */
  readonly onIgnored?: (what: string) => void;
}

/** An elementary stream that is read. */
interface Elementary {
  readonly pid: number;
  readonly codec: ElementaryCodec;
  readonly reader: ElementaryReader;
  readonly pes: PesReader;
}

/** A table's PID. */
interface Tables {
  readonly sections: SectionReader;
  readonly table: TableReader;
}

/**
 * Demultiplexes an MPEG transport stream (ISO 13818-1) from any place in it on: the first program that has H.264 or
 * H.265 video, or AAC (ADTS or LATM), MPEG audio or Opus sound. Of several of a kind the first is taken.
 *
 * Damage is dropped by whole pictures and frames, and counted; a picture is given out as soon as it is known to be
 * whole (see {@link PesReader}).
 */
export class TsDemuxer implements Demuxer {
  readonly #gate: TrackGate;
  readonly #options: TsDemuxerOptions;
  readonly #splitter: PacketSplitter;
  readonly #pat: Tables = { sections: new SectionReader(), table: new TableReader('pat') };
  #maps = new Map<number, Tables>();
  /** PID of the program map in use. */
  #program: number | undefined;
  #elementary = new Map<number, Elementary>();
  readonly #counters = new Map<number, number>();
  readonly #clock = new TsClock();
  #ignored: readonly string[] = [];
  #fault: ProtocolError | undefined;
  #bytesBeforeProgram = 0;
  #firstTime: number | undefined;
  #isScrambled = false;

  constructor(output: DemuxerOutput, options: TsDemuxerOptions = {}) {
    this.#gate = new TrackGate(output);
    this.#options = options;
    this.#splitter = new PacketSplitter(
      (packet) => this.#onPacket(packet),
      () => this.#onResync(),
    );
  }

  /**
   * @throws {ProtocolError} `ERR_TS_SYNC`: no transport stream. `ERR_TS_NO_PROGRAM`: 8 MiB without a program.
   * `ERR_TS_NO_TRACKS`: 30 s of it with nothing that can be played.
   */
  push(bytes: Uint8Array): void {
    this.#splitter.push(bytes);
  }

  flush(): void {
    this.#splitter.flush();
    for (const { pes, reader } of this.#elementary.values()) {
      pes.flush();
      reader.flush();
    }
    this.#gate.flush();
  }

  /**
   * The container's time that became zero, in ticks of 90 kHz (33 bits, so it may have wrapped): how streams that
   * were demultiplexed apart belong together.
   */
  get originTicks(): number {
    return this.#clock.first + this.#gate.origin;
  }

  /** The timestamps may begin anew here. */
  announceDiscontinuity(): void {
    this.#clock.announceDiscontinuity();
  }

  /** A new file or segment begins with the next byte: what was begun is whole. */
  beginFile(): void {
    this.#splitter.flush();
    for (const { pes } of this.#elementary.values()) pes.flush();
    this.#counters.clear();
  }

  #onPacket(packet: Uint8Array): void {
    const header = readPacketHeader(packet);
    const { pid } = header;
    if (pid === NULL_PID) return;
    const elementary = this.#elementary.get(pid);
    if (elementary === undefined) this.#expectProgram();
    const tables = pid === PAT_PID ? this.#pat : this.#maps.get(pid);
    if (elementary === undefined && tables === undefined) return;
    if (header.isScrambled && elementary !== undefined) {
      this.#isScrambled = true;
      return;
    }
    const isContinuous = this.#isContinuous(header);
    if (isContinuous === undefined) return;
    if (header.isDiscontinuity) this.#clock.announceDiscontinuity();
    if (elementary !== undefined) elementary.pes.push(header, packet, isContinuous);
    else if (tables !== undefined) this.#onTables(tables, header, packet, isContinuous);
  }

  /** Whether nothing is missing in front of this packet; `undefined` where it is to be skipped (§2.4.3.3). */
  #isContinuous(header: PacketHeader): boolean | undefined {
    const { pid, continuityCounter, payloadStart } = header;
    const last = this.#counters.get(pid);
    if (header.isErroneous) {
      this.#counters.delete(pid);
      this.#options.onDamage?.('lostPackets', 1);
      this.#elementary.get(pid)?.pes.push({ ...header, payloadStart: TS_PACKET_BYTES }, EMPTY, false);
      return undefined;
    }
    // Without payload the counter stands still.
    if (payloadStart === TS_PACKET_BYTES) return last === undefined ? undefined : true;
    this.#counters.set(pid, continuityCounter);
    if (last === undefined || header.isDiscontinuity) return true;
    if (continuityCounter === last) return undefined; // sent twice
    const missing = (continuityCounter - last - 1) & 0x0f;
    if (missing > 0) this.#options.onDamage?.('lostPackets', missing);
    return missing === 0;
  }

  #onResync(): void {
    this.#options.onDamage?.('lostPackets', 1);
  }

  #expectProgram(): void {
    if (this.#elementary.size > 0) return;
    this.#bytesBeforeProgram += TS_PACKET_BYTES;
    if (this.#bytesBeforeProgram <= TS_LIMITS.bytesBeforeProgram) return;
    const found = this.#pat.table.isWhole ? this.#playable() : 'it has no program association table (PAT)';
    throw new ProtocolError('ERR_TS_NO_PROGRAM', `The transport stream announces nothing to play: ${found}`);
  }

  #playable(): string {
    const others = this.#ignored.length === 0 ? '' : `, but ${this.#ignored.join(', ')}`;
    const lock = this.#isScrambled ? '; some of it is encrypted' : '';
    return `no H.264, H.265, AAC, MPEG audio or Opus${others}${lock}`;
  }

  #onTables({ sections, table }: Tables, header: PacketHeader, packet: Uint8Array, isWhole: boolean): void {
    for (const section of sections.push(header, packet, isWhole)) {
      const bodies = table.push(section);
      if (bodies === undefined) continue;
      if (header.pid === PAT_PID) this.#onPrograms(bodies);
      else this.#onProgramMap(header.pid, bodies);
    }
  }

  #onPrograms(bodies: readonly Uint8Array[]): void {
    const pids = programMapPids(bodies, TS_LIMITS.programs);
    this.#maps = new Map(
      pids.map((pid) => [
        pid,
        this.#maps.get(pid) ?? { sections: new SectionReader(), table: new TableReader('pmt') },
      ]),
    );
    if (this.#program !== undefined && !this.#maps.has(this.#program)) this.#program = undefined;
  }

  #onProgramMap(pid: number, bodies: readonly Uint8Array[]): void {
    if (this.#program !== undefined && pid !== this.#program) return;
    const chosen = new Map<number, ElementaryCodec>();
    const ignored: string[] = [];
    const kinds = new Set<Track['kind']>();
    for (const stream of elementaryStreams(bodies, TS_LIMITS.elementaryStreams)) {
      const codec = elementaryCodec(stream);
      if (typeof codec === 'string') ignored.push(codec);
      else if (kinds.has(codec.kind)) ignored.push(`a second ${codec.kind} stream`);
      else {
        kinds.add(codec.kind);
        chosen.set(stream.pid, codec);
      }
    }
    this.#ignored = ignored;
    for (const what of ignored) this.#options.onIgnored?.(what);
    if (chosen.size === 0) return;
    this.#program = pid;
    this.#read(chosen);
  }

  /** Readers of streams that go on stay; what the others hold is over. */
  #read(chosen: ReadonlyMap<number, ElementaryCodec>): void {
    const before = this.#elementary;
    this.#elementary = new Map();
    for (const [pid, codec] of chosen) {
      const known = before.get(pid);
      const isSame = known !== undefined && sameCodec(known.codec, codec);
      this.#elementary.set(pid, isSame ? known : this.#createElementary(pid, codec));
    }
    for (const [pid, old] of before) {
      if (this.#elementary.get(pid) === old) continue;
      old.pes.flush();
      old.reader.flush();
      if (this.#elementary.has(pid)) this.#gate.expect(new Map());
    }
    this.#gate.expect(new Map(Array.from(chosen, ([pid, { kind }]) => [pid, kind])));
  }

  #createElementary(pid: number, codec: ElementaryCodec): Elementary {
    const output: ElementaryOutput = {
      onUnit: (unit) => this.#gate.unit(pid, unit),
      onDamage: (error) => {
        this.#fault = error ?? this.#fault;
        this.#options.onDamage?.('damagedPictures', 1);
      },
    };
    const reader = createReader(codec, output);
    const pes = new PesReader(
      {
        onPes: (header, payload) => this.#onPes(pid, reader, header, payload),
        onDamage: () => {
          reader.damage();
          output.onDamage();
        },
      },
      { isVideo: codec.kind === 'video' },
    );
    return { pid, codec, reader, pes };
  }

  #onPes(pid: number, reader: ElementaryReader, header: PesHeader, payload: Uint8Array): void {
    if (header.pts === undefined) {
      reader.push(payload, undefined, undefined);
      return;
    }
    const { pts, dts } = this.#clock.timesOf(pid, header.pts, header.dts ?? header.pts);
    this.#gate.advance(dts);
    reader.push(payload, pts, dts);
    this.#firstTime ??= dts;
    if (this.#gate.isOpen || dts - this.#firstTime < FRUITLESS_TICKS) return;
    const options = this.#fault === undefined ? {} : { cause: this.#fault };
    const why = this.#fault?.message ?? this.#playable();
    throw new ProtocolError(
      'ERR_TS_NO_TRACKS',
      `Nothing of the transport stream can be played: ${why}`,
      options,
    );
  }
}

const EMPTY = new Uint8Array(0);

function createReader(codec: ElementaryCodec, output: ElementaryOutput): ElementaryReader {
  switch (codec.codec) {
    case 'h264':
    case 'h265':
      return new VideoReader(codec.codec, output);
    case 'adts':
      return new AudioReader(adtsFraming(), output);
    case 'latm':
      return new AudioReader(latmFraming(), output);
    case 'mpa':
      return new AudioReader(mpegAudioFraming(), output);
    case 'opus':
      return new AudioReader(opusFraming(codec.channels), output);
  }
}

function sameCodec(a: ElementaryCodec, b: ElementaryCodec): boolean {
  return a.codec === b.codec && (a.codec !== 'opus' || (b.codec === 'opus' && a.channels === b.channels));
}
