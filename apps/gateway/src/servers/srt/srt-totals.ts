import type { SrtStatistics } from '@vedette/protocols';
import type { SrtLink } from '../../net/srt/srt-link.ts';

/** What the SRT server has seen since its start, its present connections included. */
export interface SrtReport {
  readonly connections: number;
  /** Callers refused. */
  readonly refused: number;
  readonly retransmitted: number;
  /** Packets that were missing on the way in and came in time. */
  readonly recovered: number;
  /** Packets given up, on the way in. */
  readonly lostIn: number;
  /** Packets given up, on the way out. */
  readonly lostOut: number;
  readonly duplicates: number;
  readonly belated: number;
}

const COUNTED = [
  'retransmitted',
  'recovered',
  'receiveDropped',
  'sendDropped',
  'duplicates',
  'belated',
] as const;

/** Adds up the statistics of connections that have ended. */
export class SrtTotals {
  refused = 0;
  readonly #ended = new Map<(typeof COUNTED)[number], number>();

  add(statistics: SrtStatistics): void {
    for (const key of COUNTED) this.#ended.set(key, (this.#ended.get(key) ?? 0) + statistics[key]);
  }

  report(present: readonly Pick<SrtLink, 'statistics'>[]): SrtReport {
    const sum = (key: (typeof COUNTED)[number]): number =>
      present.reduce((total, { statistics }) => total + statistics[key], this.#ended.get(key) ?? 0);
    return {
      connections: present.length,
      refused: this.refused,
      retransmitted: sum('retransmitted'),
      recovered: sum('recovered'),
      lostIn: sum('receiveDropped'),
      lostOut: sum('sendDropped'),
      duplicates: sum('duplicates'),
      belated: sum('belated'),
    };
  }
}
