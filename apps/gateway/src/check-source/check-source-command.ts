import { parseArgs } from 'node:util';
import { redactAddress } from '../cameras/redact.ts';
import { SourceError } from '../cameras/source.ts';
import { formatReport } from './format-report.ts';
import { probeSource, type ProbeOptions } from './probe-source.ts';

const USAGE = `Usage: vedette check-source rtsp://user:password@host/path [flags]

  --seconds N             how long to measure (1 to 300; default 6)
  --transport WAY         auto, tcp, udp or multicast (default auto)
  --tls-fingerprint HEX   accept exactly this certificate of an rtsps camera
  --tls-insecure          accept any certificate
  --json                  the report as JSON
`;

/** Where a command writes to, and what cuts it short. */
export interface CommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly signal?: AbortSignal;
}

interface Request {
  readonly address: string;
  readonly isJson: boolean;
  readonly probe: ProbeOptions;
}

/**
 * `vedette check-source`: looks at a camera and prints what it found.
 *
 * @param args the words behind `check-source`.
 * @returns the exit code: 0 (warnings or not), 1 when the camera cannot be played, 2 when `args` make no sense.
 */
export async function checkSourceCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const request = parseRequest(args);
  if (request === undefined) {
    io.stderr.write(USAGE);
    return 2;
  }
  const { address, isJson, probe } = request;
  try {
    const report = await probeSource(address, {
      ...probe,
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    });
    io.stdout.write(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    return 0;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const { code, message } = error;
    if (isJson)
      io.stdout.write(
        `${JSON.stringify({ address: redactAddress(address), code, message }, undefined, 2)}\n`,
      );
    else io.stderr.write(`${redactAddress(address)}: ${message} (${code})\n`);
    return 1;
  }
}

/** `undefined` when the words make no sense. */
function parseRequest(args: readonly string[]): Request | undefined {
  const parsed = readFlags(args);
  const [address, ...rest] = parsed?.positionals ?? [];
  if (parsed === undefined || address === undefined || rest.length > 0) return undefined;
  const { values } = parsed;
  const seconds = Number(values.seconds);
  const transport = (['auto', 'tcp', 'udp', 'multicast'] as const).find((way) => way === values.transport);
  if (!(seconds >= 1 && seconds <= 300) || transport === undefined) return undefined;
  return {
    address,
    isJson: values.json,
    probe: {
      durationMs: seconds * 1000,
      transport,
      tls: { fingerprint: values['tls-fingerprint'], isInsecure: values['tls-insecure'] },
    },
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '6' },
        transport: { type: 'string', default: 'auto' },
        'tls-fingerprint': { type: 'string' },
        'tls-insecure': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch {
    return undefined; // an unknown flag
  }
}
