import { ProtocolError } from '@vedette/media';
import { isKeyLength, type SrtKeyLength } from './key-material.ts';
import { SRT_LIMITS } from './limits.ts';

/** An `srt://` address that is called. */
export interface SrtUrl {
  readonly host: string;
  readonly port: number;
  readonly streamId: string | undefined;
  readonly passphrase: string | undefined;
  readonly keyLength: SrtKeyLength | undefined;
  /** Milliseconds; `undefined`: the default. */
  readonly latencyMs: number | undefined;
}

/** The least and the most that libsrt takes (`SRTO_PASSPHRASE`). */
const PASSPHRASE_LENGTH = { min: 10, max: 79 };
/** More milliseconds than the protocol can say: the address was written for ffmpeg, whose unit is the microsecond. */
const MAX_MILLISECONDS = 65_535;

/**
 * Parses `srt://host:port?streamid=…&passphrase=…&latency=…&pbkeylen=…`. `latency` is in milliseconds as in
 * libsrt's own tools; a number too large for that is taken for ffmpeg's microseconds.
 *
 * @throws {ProtocolError} `ERR_SRT_URL`; the sentence never repeats the address, which may hold a passphrase.
 */
export function parseSrtUrl(address: string): SrtUrl {
  if (!/^srt:\/\//i.test(address)) throw bad('it does not begin with srt://');
  let url: URL;
  try {
    // The standard form of stream ids begins with a hash, which people do not encode.
    url = new URL(address.replace(/([?&]streamid=)#/i, '$1%23'));
  } catch {
    throw bad('it is no address');
  }
  if (url.hostname === '') throw bad('it has no host');
  if (url.port === '' || url.port === '0') throw bad('it has no port');
  const parameters = parametersOf(url);
  checkMode(parameters);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port),
    streamId: streamIdOf(parameters),
    passphrase: passphraseOf(parameters),
    keyLength: keyLengthOf(parameters),
    latencyMs: latencyOf(parameters),
  };
}

type Parameters = ReadonlyMap<string, string>;

/** Not as a form has them: "+" stands for itself. */
function parametersOf(url: URL): Parameters {
  const pairs = url.search.slice(1).split('&');
  return new Map(
    pairs.map((pair) => {
      const equals = pair.includes('=') ? pair.indexOf('=') : pair.length;
      return [pair.slice(0, equals).toLowerCase(), decoded(pair.slice(equals + 1))];
    }),
  );
}

function checkMode(parameters: Parameters): void {
  const mode = parameters.get('mode') ?? 'caller';
  if (mode === 'listener' || mode === 'server') {
    throw bad(
      'mode=listener waits for a caller; let the encoder call this server with streamid=publish:CAMERA instead',
    );
  }
  if (mode !== 'caller' && mode !== 'client') throw bad('the only mode is "caller"');
  if ((parameters.get('transtype') ?? 'live') !== 'live') throw bad('the only transtype is "live"');
}

function streamIdOf(parameters: Parameters): string | undefined {
  const streamId = parameters.get('streamid') ?? '';
  if (streamId === '') return undefined;
  if (new TextEncoder().encode(streamId).length > SRT_LIMITS.streamIdBytes)
    throw bad('the stream id is too long');
  return streamId;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad('a percent sign is not followed by two hexadecimal digits');
  }
}

function passphraseOf(parameters: Parameters): string | undefined {
  const passphrase = parameters.get('passphrase') ?? '';
  if (passphrase === '') return undefined;
  const { min, max } = PASSPHRASE_LENGTH;
  if (passphrase.length < min || passphrase.length > max) {
    throw bad(`a passphrase has ${min} to ${max} characters`);
  }
  return passphrase;
}

function keyLengthOf(parameters: Parameters): SrtKeyLength | undefined {
  const length = Number(parameters.get('pbkeylen') ?? 0);
  if (length === 0) return undefined;
  if (!isKeyLength(length)) throw bad('pbkeylen is 16, 24 or 32');
  return length;
}

function latencyOf(parameters: Parameters): number | undefined {
  const text = parameters.get('latency') ?? parameters.get('rcvlatency');
  if (text === undefined) return undefined;
  const latency = Number(text);
  if (!/^\d{1,9}$/.test(text)) throw bad('latency is a number of milliseconds');
  const latencyMs = latency > MAX_MILLISECONDS ? Math.round(latency / 1000) : latency;
  if (latencyMs > SRT_LIMITS.latencyMs) throw bad(`latency is at most ${SRT_LIMITS.latencyMs} ms`);
  return latencyMs;
}

function bad(why: string): ProtocolError {
  return new ProtocolError('ERR_SRT_URL', `the SRT address cannot be used: ${why}`);
}
