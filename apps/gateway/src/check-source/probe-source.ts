import type { SourceReport } from '@vedette/contract';
import type { Track } from '@vedette/media';
import { redactAddress } from '../cameras/redact.ts';
import { SourceError } from '../cameras/source.ts';
import type { TlsTrust } from '../sources/camera-socket.ts';
import { steadyClock, type Feed } from '../stream/stream.ts';
import { probedSource, type ProbeFacts } from './probed-source.ts';
import { sourceWarnings } from './source-warnings.ts';
import { TrackMeter } from './track-meter.ts';

export interface ProbeOptions {
  /** How long to measure, from the first unit on, in milliseconds. Default 6000. */
  readonly durationMs?: number;
  /** Default `auto`. */
  readonly transport?: 'auto' | 'tcp' | 'udp' | 'multicast';
  readonly tls?: TlsTrust;
  /** Ends the probe before its time. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a camera as a source would, watches it for a while, and reports what it sends and what of that
 * will hurt.
 *
 * @param address of any kind but a file, what publishers send to, and the demo
 * @throws {SourceError} it cannot be reached or played, or `ERR_PROBE_ABORTED`.
 */
export async function probeSource(address: string, options: ProbeOptions = {}): Promise<SourceReport> {
  return new Probe(address, options).run();
}

class Probe {
  readonly #address: string;
  readonly #options: ProbeOptions;
  readonly #done = new AbortController();
  readonly #startedMs = steadyClock();
  readonly #damage = { lostPackets: 0, damagedPictures: 0 };
  #facts: ProbeFacts | undefined;
  #meters: TrackMeter[] = [];
  #firstUnitMs: number | undefined;
  #clockOffsetMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(address: string, options: ProbeOptions) {
    this.#address = address;
    this.#options = options;
  }

  async run(): Promise<SourceReport> {
    const { transport = 'auto', tls = {}, signal } = this.#options;
    const source = probedSource(this.#address, {
      transport,
      tls,
      onFacts: (facts) => (this.#facts = facts),
    });
    try {
      await source.run({
        signal: signal === undefined ? this.#done.signal : AbortSignal.any([signal, this.#done.signal]),
        open: (tracks) => this.#open(tracks),
        log: () => undefined,
        count: (event, amount) => (this.#damage[event] += amount),
      });
    } finally {
      clearTimeout(this.#timer);
    }
    if (signal?.aborted === true)
      throw new SourceError('ERR_PROBE_ABORTED', 'the look at the camera was cut short');
    return this.#report();
  }

  /** Measures until the time is over. */
  #open(tracks: readonly Track[]): Feed {
    this.#meters = tracks.map((track) => new TrackMeter(track));
    this.#firstUnitMs = steadyClock();
    this.#timer = setTimeout(() => this.#done.abort(), this.#options.durationMs ?? 6000);
    return {
      write: (unit) => this.#meters[unit.track.id]?.add(unit),
      report: (_, __, unixMs) => this.#measureClock(unixMs),
      close: () => undefined,
    };
  }

  /** The report that came fastest is the nearest to the truth. */
  #measureClock(unixMs: number): void {
    const offsetMs = unixMs - steadyClock();
    this.#clockOffsetMs = Math.max(this.#clockOffsetMs ?? -Infinity, offsetMs);
  }

  #report(): SourceReport {
    if (this.#facts === undefined || this.#firstUnitMs === undefined) {
      throw new SourceError('ERR_SOURCE_ENDED', 'the camera ended the stream before its first picture');
    }
    const { transport, server, skipped } = this.#facts;
    const offsetMs = this.#clockOffsetMs;
    const report = {
      address: redactAddress(this.#address),
      transport,
      server: server === undefined ? null : printable(server),
      firstUnitMs: Math.round(this.#firstUnitMs - this.#startedMs),
      measuredMs: Math.round(steadyClock() - this.#firstUnitMs),
      tracks: this.#meters.map((meter) => meter.report()),
      unsupported: skipped.map(({ kind, encoding, reason }) => ({
        kind: printable(kind),
        encoding: printable(encoding),
        reason,
      })),
      clock: {
        source: offsetMs === undefined ? ('arrival' as const) : ('sender-report' as const),
        offsetMs: offsetMs === undefined ? null : Math.round(offsetMs),
      },
      ...this.#damage,
    };
    return { ...report, warnings: sourceWarnings(report) };
  }
}

/** A camera's words go to terminals and pages. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
