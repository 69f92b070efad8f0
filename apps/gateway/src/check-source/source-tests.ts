import type { CameraTest } from '@vedette/contract';
import { SourceError } from '../cameras/source.ts';
import type { AddressGuard } from '../net/guarded-lookup.ts';
import { probeSource } from './probe-source.ts';

/** What is tried. */
export interface TestedSource {
  readonly source: string;
  readonly transport: 'auto' | 'tcp' | 'udp' | 'multicast';
  readonly tlsFingerprint?: string | undefined;
  readonly tlsInsecure: boolean;
  /** Where it may be. */
  readonly guard: AddressGuard;
}

export interface SourceTestsOptions {
  /** All of it, in milliseconds; default 10 000. */
  readonly limitMs?: number;
  /** From the first picture on, in milliseconds; default 2500. */
  readonly measureMs?: number;
}

/** Too many tests run already. */
export class TestsBusyError extends Error {
  override readonly name = 'TestsBusyError';
  readonly code = 'ERR_TESTS_BUSY';
}

const LIMIT_MS = 10_000;
const MEASURE_MS = 2500;
const MAX_RUNNING = 4;

/** Short looks at sources, asked for by people who add cameras: few at a time, and none for long. */
export class SourceTests {
  readonly #limitMs: number;
  readonly #measureMs: number;
  #running = 0;

  constructor({ limitMs = LIMIT_MS, measureMs = MEASURE_MS }: SourceTestsOptions = {}) {
    this.#limitMs = limitMs;
    this.#measureMs = measureMs;
  }

  /**
   * What the source sends, or why it does not.
   *
   * @param signal aborts when nobody waits for the answer any more.
   * @throws {TestsBusyError}
   */
  async run(tested: TestedSource, signal: AbortSignal): Promise<CameraTest> {
    if (this.#running >= MAX_RUNNING) {
      throw new TestsBusyError(`${MAX_RUNNING} cameras are being tested: try again in some seconds.`);
    }
    this.#running += 1;
    try {
      return await this.#look(tested, signal);
    } finally {
      this.#running -= 1;
    }
  }

  async #look(tested: TestedSource, signal: AbortSignal): Promise<CameraTest> {
    const { source, transport, tlsFingerprint: fingerprint, tlsInsecure: isInsecure, guard } = tested;
    if (source === 'publish') {
      const message =
        'Nothing is connected to here: point the encoder at this camera, and look at its state.';
      return { ok: false, code: 'ERR_TEST_PUBLISH', message };
    }
    const limit = AbortSignal.timeout(this.#limitMs);
    try {
      const report = await probeSource(source, {
        durationMs: this.#measureMs,
        transport,
        tls: { fingerprint, isInsecure, guard },
        signal: AbortSignal.any([limit, signal]),
      });
      return { ok: true, report };
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      const { code, message } = error;
      if (!limit.aborted) return { ok: false, code, message: sentence(message) };
      const seconds = this.#limitMs / 1000;
      return { ok: false, code: 'ERR_TEST_TIMEOUT', message: `No picture came within ${seconds} s.` };
    }
  }
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
