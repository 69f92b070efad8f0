import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import { BYTE_FORMATS, type ByteFormat } from '../byte-format.ts';
import { runProgram } from '../program-run.ts';
import { splitCommand } from './split-command.ts';

/** What an `exec:` address asks for. */
export interface ExecAddress {
  readonly format: ByteFormat | 'auto';
  readonly command: string;
  readonly args: readonly string[];
}

export interface ExecSourceOptions {
  /** `exec:ffmpeg -i … -f mpegts -`, or `exec:format=h264,…` */
  readonly address: string;
  /** How long the program may write nothing that plays, in milliseconds; default 10 000. */
  readonly silenceMs?: number;
}

/**
 * A camera that a program of this machine makes: it writes MPEG-TS, FLV, H.264, H.265 or JPEGs to its standard
 * output. Comes from the configuration file only: whoever may write that may run programs anyway.
 */
export class ExecSource implements Source {
  readonly #options: ExecSourceOptions;

  constructor(options: ExecSourceOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    await runProgram(
      { ...parseExecAddress(this.#options.address), silenceMs: this.#options.silenceMs },
      context,
    );
  }
}

/**
 * Parses `exec:[format=FORMAT,]COMMAND`.
 *
 * @throws {SourceError} `ERR_EXEC_COMMAND`: there is no such format, or the command makes no sense.
 */
export function parseExecAddress(address: string): ExecAddress {
  const [, named, text = ''] = /^exec:\s*(?:format=([\w.-]*)\s*,)?(.*)$/is.exec(address) ?? [];
  const format = named === undefined ? 'auto' : BYTE_FORMATS.find((one) => one === named.toLowerCase());
  if (format === undefined) {
    throw new SourceError(
      'ERR_EXEC_COMMAND',
      `the format of exec: has to be one of ${BYTE_FORMATS.join(', ')}`,
      {
        isPermanent: true,
      },
    );
  }
  const [command, ...args] = splitCommand(text);
  return { format, command, args };
}
