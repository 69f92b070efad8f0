import type { SourceFrom } from '@vedette/contract';
import { sourceAddress } from '@vedette/contract';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SourceError, type Source, type SourceContext } from '../../cameras/source.ts';
import type { TlsTrust } from '../camera-socket.ts';
import { parseHttpAddress } from '../http-address.ts';
import { readHttpBody } from '../http-body.ts';
import { HttpCamera } from '../http-camera.ts';

const COMMAND_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;
/** What may be fetched: addresses in the network, and nothing of this machine. */
const NETWORK_SCHEME = /^(?:rtsps?|rtsp\+(?:https?|wss?)|rtmps?|srt|(?:(?:hls|mjpeg|jpeg)\+)?https?):/i;

const execute = promisify(execFile);

export interface FetchedAddressOptions {
  readonly from: SourceFrom;
  /** Makes the source of an address. */
  readonly makeSource: (address: string) => Source | undefined;
  readonly tls?: TlsTrust;
  readonly userAgent: string;
}

/**
 * A camera whose address is good for a while only, as clouds give them out: it is fetched before each connection, and
 * anew after `refreshSeconds`.
 */
export class FetchedAddressSource implements Source {
  readonly #options: FetchedAddressOptions;

  constructor(options: FetchedAddressOptions) {
    this.#options = options;
  }

  async run(context: SourceContext): Promise<void> {
    const { refreshSeconds } = this.#options.from;
    const isLeft = (): boolean => context.signal.aborted;
    while (!isLeft()) {
      const source = this.#options.makeSource(await this.#address(context));
      if (source === undefined || isLeft()) return;
      const refresh = new AbortController();
      const timer =
        refreshSeconds === undefined ? undefined : setTimeout(() => refresh.abort(), refreshSeconds * 1000);
      const signal = AbortSignal.any([context.signal, refresh.signal]);
      try {
        await source.run({ ...context, signal });
      } finally {
        clearTimeout(timer);
      }
      // It ended by itself: whoever runs it decides when to try again.
      if (!refresh.signal.aborted) return;
      context.log('a new address is fetched');
    }
  }

  async #address({ signal }: SourceContext): Promise<string> {
    const { command, url } = this.#options.from;
    const text = command === undefined ? await this.#ask(url ?? '', signal) : await run(command, signal);
    const address = addressIn(text);
    if (!sourceAddress.safeParse(address).success || !NETWORK_SCHEME.test(address)) {
      const where = command === undefined ? 'the answer of sourceFrom.url' : 'what sourceFrom.command prints';
      throw new SourceError('ERR_FETCHED_ADDRESS', `${where} is no address that can be connected to`);
    }
    return address;
  }

  async #ask(url: string, signal: AbortSignal): Promise<string> {
    const { tls = {}, userAgent } = this.#options;
    const client = new HttpCamera({ address: parseHttpAddress(url), tls, userAgent, signal });
    try {
      const answer = await client.get({ accept: 'application/json, text/plain, */*' });
      const bytes = await readHttpBody(answer, MAX_ANSWER_BYTES, signal);
      return new TextDecoder().decode(bytes);
    } finally {
      client.close();
    }
  }
}

/** What it says goes nowhere: it may hold credentials. */
async function run([program = '', ...args]: readonly string[], signal: AbortSignal): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      signal,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: MAX_ANSWER_BYTES,
      windowsHide: true,
    });
    return stdout;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const why =
      code === 'ENOENT'
        ? 'there is no such program'
        : code === 'null'
          ? 'it took too long'
          : `it ended with ${code}`;
    throw new SourceError('ERR_FETCHED_ADDRESS', `sourceFrom.command failed: ${why}`);
  }
}

/** An address alone, or `{"url": …}`. */
function addressIn(text: string): string {
  const trimmed = text.trim();
  if (!/^[{"]/.test(trimmed)) return trimmed.split(/\s/, 1)[0] ?? '';
  try {
    const parsed: unknown = JSON.parse(trimmed);
    const url = typeof parsed === 'object' && parsed !== null && 'url' in parsed ? parsed.url : parsed;
    return typeof url === 'string' ? url.trim() : '';
  } catch {
    return '';
  }
}
