import type { AccessUnit, Track } from '@vedette/media';
import { createHash } from 'node:crypto';
import { SourceError, type Source } from '../../cameras/source.ts';

/** One run of a source, and what it brought. */
export class SourceRun {
  readonly units: AccessUnit[] = [];
  readonly reports: { readonly pts: number; readonly unixMs: number }[] = [];
  readonly logged: string[] = [];
  readonly damage = { lostPackets: 0, damagedPictures: 0 };
  tracks: readonly Track[] = [];
  /** Why it ended; `undefined` when it ended well. */
  readonly ended: Promise<unknown>;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<() => void>();

  constructor(source: Source) {
    const run = source.run({
      signal: this.#abort.signal,
      open: (tracks) => {
        this.tracks = tracks;
        return {
          write: (unit) => {
            this.units.push(unit);
            this.#wake();
          },
          report: (_, pts, unixMs) => {
            this.reports.push({ pts, unixMs });
            this.#wake();
          },
          close: () => undefined,
        };
      },
      log: (message) => {
        this.logged.push(message);
        this.#wake();
      },
      count: (event, amount) => {
        this.damage[event] += amount;
        this.#wake();
      },
    });
    this.ended = run.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Resolves when `condition` holds; rejects when the run ends before. */
  async until(condition: () => boolean): Promise<this> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      if (condition()) resolve(undefined);
    };
    this.#waiters.add(wake);
    wake();
    const early = this.ended.then((error) => {
      if (condition()) return;
      throw new Error('the source ended before its time', { cause: error });
    });
    await Promise.race([promise, early]);
    this.#waiters.delete(wake);
    return this;
  }

  async untilPictures(count: number): Promise<this> {
    return this.until(() => this.of('video').length >= count);
  }

  /** Leaves, as when the camera is removed. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopped by the test'));
    const error = await this.ended;
    if (error !== undefined) throw new Error('leaving is no error', { cause: error });
  }

  /** The error it ends with. */
  async failure(): Promise<SourceError> {
    const error = await this.ended;
    if (error instanceof SourceError) return error;
    throw new Error('expected a SourceError', { cause: error });
  }

  of(kind: Track['kind']): AccessUnit[] {
    return this.units.filter(({ track }) => track.kind === kind);
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
  }
}

/** What a unit is made of, to compare units by. */
export function fingerprint({ data, pts }: AccessUnit): string {
  const hash = createHash('sha256');
  for (const part of data) hash.update(part);
  return `${pts} ${hash.digest('hex').slice(0, 16)}`;
}
