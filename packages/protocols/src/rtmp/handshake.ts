import { ProtocolError } from '@vedette/media';
import {
  findDigest,
  HANDSHAKE_BYTES,
  MEDIA_SERVER,
  PLAYER,
  putDigest,
  putSignature,
} from './handshake-digest.ts';

/** What a step of the handshake needs besides the peer's bytes: as many random ones. */
export type RandomBytes = (length: number) => Uint8Array;

const VERSION = 3;
/** RTMPE, of which nothing is left to be protected. */
const ENCRYPTED_VERSIONS: readonly number[] = [6, 8, 9];
const TLS_HANDSHAKE = 0x16;
/** What each end says it is; receivers only look whether it is zero. */
const PLAYER_VERSION = [9, 0, 124, 2];
const SERVER_VERSION = [3, 5, 1, 1];
const DEFAULT_SCHEME = 8;

/** What came of the bytes so far. */
export interface HandshakeStep {
  /** To be sent. */
  readonly reply?: Uint8Array;
  /** The handshake is over: what came behind it. */
  readonly rest?: Uint8Array;
}

/**
 * The server's side of the handshake (RTMP 1.0 §5.2), plain or with the digests that Flash Player began with and
 * encoders still send: whichever the client speaks.
 */
export class RtmpServerHandshake {
  readonly #random: RandomBytes;
  readonly #gathered = new Gathered();
  #hasReplied = false;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  /** @throws {ProtocolError} `ERR_RTMP_VERSION`: the peer speaks something else, which the sentence names. */
  push(bytes: Uint8Array): HandshakeStep {
    this.#gathered.push(bytes);
    checkVersion(this.#gathered.first);
    const reply = this.#hasReplied ? undefined : this.#reply();
    if (!this.#hasReplied) return {};
    const c2 = this.#gathered.take(HANDSHAKE_BYTES);
    // Nobody's C2 is checked: plain clients send what they like.
    return {
      ...(reply === undefined ? {} : { reply }),
      ...(c2 === undefined ? {} : { rest: this.#gathered.rest() }),
    };
  }

  #reply(): Uint8Array | undefined {
    const c0c1 = this.#gathered.take(1 + HANDSHAKE_BYTES);
    if (c0c1 === undefined) return undefined;
    this.#hasReplied = true;
    const c1 = c0c1.subarray(1);
    const reply = new Uint8Array(1 + 2 * HANDSHAKE_BYTES);
    reply[0] = VERSION;
    const s1 = reply.subarray(1, 1 + HANDSHAKE_BYTES);
    const s2 = reply.subarray(1 + HANDSHAKE_BYTES);
    s1.set(this.#random(HANDSHAKE_BYTES - 8), 8);
    const found = findDigest(c1, PLAYER);
    if (found === undefined) {
      s2.set(c1);
      return reply;
    }
    s1.set(SERVER_VERSION, 4);
    putDigest(s1, found.scheme, MEDIA_SERVER);
    s2.set(this.#random(HANDSHAKE_BYTES));
    putSignature(s2, found.digest, MEDIA_SERVER);
    return reply;
  }
}

/** The client's side: begins with a digest, as ffmpeg and Flash Player do, and takes whatever answer comes. */
export class RtmpClientHandshake {
  readonly #random: RandomBytes;
  readonly #gathered = new Gathered();
  #hasReplied = false;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  /** C0 and C1. */
  start(): Uint8Array {
    const hello = new Uint8Array(1 + HANDSHAKE_BYTES);
    hello[0] = VERSION;
    const c1 = hello.subarray(1);
    c1.set(PLAYER_VERSION, 4);
    c1.set(this.#random(HANDSHAKE_BYTES - 8), 8);
    putDigest(c1, DEFAULT_SCHEME, PLAYER);
    return hello;
  }

  /** @throws {ProtocolError} `ERR_RTMP_VERSION`: the server speaks something else. */
  push(bytes: Uint8Array): HandshakeStep {
    this.#gathered.push(bytes);
    checkVersion(this.#gathered.first);
    const reply = this.#hasReplied ? undefined : this.#reply();
    if (!this.#hasReplied) return {};
    const s2 = this.#gathered.take(HANDSHAKE_BYTES);
    return {
      ...(reply === undefined ? {} : { reply }),
      ...(s2 === undefined ? {} : { rest: this.#gathered.rest() }),
    };
  }

  #reply(): Uint8Array | undefined {
    const s0s1 = this.#gathered.take(1 + HANDSHAKE_BYTES);
    if (s0s1 === undefined) return undefined;
    this.#hasReplied = true;
    const s1 = s0s1.subarray(1);
    const found = findDigest(s1, MEDIA_SERVER);
    if (found === undefined) return s1.slice();
    const c2 = Uint8Array.from(this.#random(HANDSHAKE_BYTES));
    putSignature(c2, found.digest, PLAYER);
    return c2;
  }
}

function checkVersion(first: number | undefined): void {
  if (first === undefined || first === VERSION) return;
  if (ENCRYPTED_VERSIONS.includes(first)) {
    throw new ProtocolError('ERR_RTMP_VERSION', 'The peer speaks RTMPE, which is not served: use rtmps');
  }
  if (first === TLS_HANDSHAKE) {
    throw new ProtocolError(
      'ERR_RTMP_VERSION',
      'The peer speaks TLS to a port without it: is it meant for rtmps?',
    );
  }
  const letter = first >= 0x41 && first <= 0x5a;
  const what = letter ? 'HTTP or RTSP' : `something else (${first})`;
  throw new ProtocolError('ERR_RTMP_VERSION', `The peer speaks ${what}, not RTMP`);
}

/** Bytes of the handshake, some three kilobytes in all. */
class Gathered {
  #bytes = new Uint8Array(0);
  #taken = 0;

  /** The first byte ever; `undefined` before it, and once it was taken. */
  get first(): number | undefined {
    return this.#taken === 0 ? this.#bytes[0] : undefined;
  }

  push(bytes: Uint8Array): void {
    const grown = new Uint8Array(this.#bytes.length + bytes.length);
    grown.set(this.#bytes);
    grown.set(bytes, this.#bytes.length);
    this.#bytes = grown;
  }

  take(length: number): Uint8Array | undefined {
    if (this.#bytes.length < length) return undefined;
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.slice(length);
    this.#taken += length;
    return taken;
  }

  rest(): Uint8Array {
    const rest = this.#bytes;
    this.#bytes = new Uint8Array(0);
    return rest;
  }
}
