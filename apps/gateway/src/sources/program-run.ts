import { ProtocolError } from '@vedette/media';
import { SourceError, type SourceContext } from '../cameras/source.ts';
import { steadyClock } from '../stream/stream.ts';
import { SNIFFED_BYTES, sniffFormat, type ByteFormat } from './byte-format.ts';
import { createIntake, type MediaIntake } from './media-intake.ts';
import { MediaPace } from './media-pace.ts';
import { Program } from './program.ts';

const SILENCE_MS = 10_000;
const CHECK_MS = 500;
/** Pauses below this are not worth a timer. */
const MIN_PAUSE_MS = 20;

export interface ProgramRunOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** What it writes to its standard output; `auto`: by its first bytes. */
  readonly format: ByteFormat | 'auto';
  /** How long it may write nothing that plays, in milliseconds; default 10 000. */
  readonly silenceMs?: number | undefined;
  /**
   * The program writes each picture in one go as soon as it has it: one that was followed by nothing for this many
   * milliseconds is whole. Without it a bare stream's picture ends where the next begins.
   */
  readonly wholeAfterMs?: number;
}

/**
 * Runs a program and feeds a stream from what it writes, until the signal aborts.
 *
 * @throws {SourceError} it cannot be started, ended by itself, wrote nothing for too long, or rubbish.
 */
export async function runProgram(options: ProgramRunOptions, context: SourceContext): Promise<void> {
  const { signal } = context;
  if (signal.aborted) return;
  const intake = new ProgramIntake(options, context);
  const program = await Program.start({
    command: options.command,
    args: options.args,
    onBytes: (bytes) => intake.take(bytes, steadyClock()),
    onComplaint: (line) => context.log('the program says', { line }),
  });
  const left = Promise.withResolvers<undefined>();
  const leave = (): void => left.resolve(undefined);
  const watch = setInterval(() => {
    const silent = program.isPaused ? undefined : intake.silence(steadyClock());
    if (silent !== undefined) left.reject(silent);
  }, CHECK_MS);
  signal.addEventListener('abort', leave, { once: true });
  try {
    const reason = await Promise.race([program.ended, left.promise]);
    if (reason === undefined) return;
    intake.finish(steadyClock());
    throw new SourceError('ERR_PROGRAM_ENDED', reason);
  } catch (error) {
    throw toSourceError(error);
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', leave);
    await program.stop();
    intake.close();
  }
}

/** What a program writes, on its way into the stream. */
class ProgramIntake {
  readonly #options: ProgramRunOptions;
  readonly #context: SourceContext;
  readonly #pace = new MediaPace();
  #intake: MediaIntake | undefined;
  /** Bytes that were too few to know the format by. */
  #head = Buffer.alloc(0);
  #lastUnitMs = steadyClock();
  #idle: NodeJS.Timeout | undefined;
  #taken = 0;

  constructor(options: ProgramRunOptions, context: SourceContext) {
    this.#options = options;
    this.#context = context;
    if (options.format !== 'auto') this.#intake = createIntake(options.format, context);
  }

  /** @returns for how long to take no more, in milliseconds. */
  take(bytes: Uint8Array, nowMs: number): number {
    this.#taken += 1;
    const intake = this.#intake ?? this.#sniff(bytes);
    if (intake === undefined) return 0;
    const before = intake.units;
    intake.push(this.#head.length === 0 ? bytes : this.#head, nowMs);
    this.#head = Buffer.alloc(0);
    if (intake.units > before) this.#lastUnitMs = nowMs;
    this.#awaitIdle(intake);
    const waitMs = this.#pace.advance(intake.mediaMs, nowMs);
    return waitMs < MIN_PAUSE_MS ? 0 : waitMs;
  }

  /** Why it has to end, where nothing that plays has come for too long. */
  silence(nowMs: number): SourceError | undefined {
    const { silenceMs = SILENCE_MS } = this.#options;
    if (nowMs - this.#lastUnitMs <= silenceMs) return undefined;
    const sentence = `the program has written nothing that plays for ${silenceMs / 1000} s`;
    return new SourceError('ERR_SOURCE_SILENT', sentence);
  }

  finish(nowMs: number): void {
    this.#intake?.flush(nowMs);
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#intake?.close();
  }

  #sniff(bytes: Uint8Array): MediaIntake | undefined {
    this.#head = Buffer.concat([this.#head, bytes]);
    const format = sniffFormat(this.#head);
    if (format !== undefined) {
      this.#intake = createIntake(format, this.#context);
      this.#context.log('the program writes', { format });
    } else if (this.#head.length >= SNIFFED_BYTES) {
      throw new SourceError(
        'ERR_PROGRAM_FORMAT',
        'the program writes none of MPEG-TS, FLV, H.264, H.265 and JPEG; if it does, say which by format=',
      );
    }
    return this.#intake;
  }

  #awaitIdle(intake: MediaIntake): void {
    const { wholeAfterMs } = this.#options;
    if (wholeAfterMs === undefined) return;
    clearTimeout(this.#idle);
    const taken = this.#taken;
    this.#idle = setTimeout(() => {
      // Timers come first after a hold-up of this process: only what is not in the pipe either has not come.
      setImmediate(() => {
        if (this.#taken === taken) intake.flush(steadyClock());
      });
    }, wholeAfterMs);
  }
}

function toSourceError(error: unknown): unknown {
  if (!(error instanceof ProtocolError)) return error;
  return new SourceError(error.code, `the program writes what cannot be read: ${error.message}`, {
    cause: error,
  });
}
