import type { SrtAgreement } from './connection.ts';
import { CookieJar } from './cookie.ts';
import type { SrtCrypto } from './crypto.ts';
import { SRT_FLAGS, type SrtCapabilities } from './handshake-extensions.ts';
import {
  addressBytes,
  inductionAnswer,
  parseHandshake,
  serializeHandshake,
  SRT_HANDSHAKE_TYPE,
  type SrtHandshake,
} from './handshake.ts';
import type { SrtKeyLength, SrtKeys } from './key-material.ts';
import { SRT_LIMITS } from './limits.ts';
import { packetTimestamp } from './packet.ts';
import { ReceiverKeys } from './receiver-keys.ts';
import { rejectToWire, type SrtReject } from './reject.ts';
import { SenderKeys, type KeyRefresh } from './sender-keys.ts';

/** What we say our SRT is: libsrt's 1.5.1, whose manners these are. */
export const SRT_VERSION = 0x010501;
/** The first version with today's packet format (1.3.0); older ones speak handshake version 4. */
const MIN_VERSION = 0x010300;
/** Everything that live mode has, but the packet filter and the message API. */
export const SRT_LIVE_FLAGS =
  SRT_FLAGS.timedSender |
  SRT_FLAGS.timedReceiver |
  SRT_FLAGS.crypt |
  SRT_FLAGS.tooLateDrop |
  SRT_FLAGS.periodicNak |
  SRT_FLAGS.retransmitFlag;

export interface SrtListenerOptions {
  readonly crypto: SrtCrypto;
  /** Callers must have the same; `undefined`: callers must have none. */
  readonly passphrase: string | undefined;
  /** Proposed to callers that have no wish of their own. */
  readonly keyLength: SrtKeyLength;
  /** The least latency, in either direction. */
  readonly latencyMs: number;
  readonly refresh?: KeyRefresh;
}

/** A caller that has shown the right cookie and wants a connection. */
export interface SrtCall {
  readonly handshake: SrtHandshake;
  readonly capabilities: SrtCapabilities;
  readonly streamId: string;
  /** Of the packet, and when it came: ties the two clocks. */
  readonly timestamp: number;
  readonly receivedUs: number;
}

export type SrtKnock =
  /** To be sent back. */
  | { readonly type: 'answer'; readonly packet: Uint8Array }
  /** The same, and the caller is not wanted. */
  | { readonly type: 'refuse'; readonly packet: Uint8Array; readonly reject: SrtReject }
  | { readonly type: 'call'; readonly call: SrtCall }
  /** Not to be answered: no handshake for a listener, or a cookie that is not ours. */
  | { readonly type: 'ignore' };

/** A call that was agreed to. */
export interface SrtAcceptance {
  readonly agreement: SrtAgreement;
  /** The answer, which is sent again whenever the caller repeats itself. */
  readonly answer: (nowUs: number) => Uint8Array;
}

interface KeyPair {
  readonly sender: SenderKeys;
  readonly receiver: ReceiverKeys;
}

/**
 * The listening side of the handshake (draft-sharabayko-srt §4.3.1). Keeps nothing of a caller: what an induction
 * says comes back in the conclusion, and the cookie proves that the caller hears us.
 */
export class SrtListener {
  readonly #options: SrtListenerOptions;
  readonly #cookies: CookieJar;

  constructor(options: SrtListenerOptions) {
    this.#options = options;
    this.#cookies = new CookieJar(options.crypto);
  }

  /**
   * Takes a handshake that is addressed to nobody (socket 0).
   *
   * @param peer address and port of the caller, in any fixed form.
   * @throws {ProtocolError} `ERR_SRT_HANDSHAKE`.
   */
  receive(packet: Uint8Array, peer: string, nowUs: number): SrtKnock {
    const handshake = parseHandshake(packet);
    if (handshake.type === SRT_HANDSHAKE_TYPE.induction) {
      const { passphrase, keyLength } = this.#options;
      const encryption = passphrase === undefined ? 0 : keyLength / 8;
      const answer = inductionAnswer(handshake, this.#cookies.bake(peer, nowUs), encryption);
      return { type: 'answer', packet: this.#packet(answer, handshake.socketId) };
    }
    if (handshake.type !== SRT_HANDSHAKE_TYPE.conclusion) return { type: 'ignore' };
    if (!this.#cookies.isGood(handshake.cookie, peer, nowUs)) return { type: 'ignore' };
    const capabilities = handshake.extensions.handshakeRequest;
    const reject = whyNot(handshake, capabilities);
    if (reject !== undefined || capabilities === undefined) {
      return { type: 'refuse', packet: this.refuse(handshake, reject ?? 'rogue'), reject: reject ?? 'rogue' };
    }
    const timestamp = packetTimestamp(packet);
    const streamId = handshake.extensions.streamId ?? '';
    return { type: 'call', call: { handshake, capabilities, streamId, timestamp, receivedUs: nowUs } };
  }

  /**
   * Checks the caller's passphrase: costs about a millisecond, so its rate is to be limited.
   *
   * @returns why the caller is refused, or the keys of the connection: none without a passphrase.
   * @throws {ProtocolError} `ERR_SRT_KEY_MATERIAL`.
   */
  unlock({ handshake }: SrtCall): { readonly keys: KeyPair | undefined } | SrtReject {
    const { passphrase, crypto, refresh } = this.#options;
    const { keyRequest } = handshake.extensions;
    if (passphrase === undefined) return keyRequest === undefined ? { keys: undefined } : 'unsecure';
    if (keyRequest === undefined) return 'unsecure';
    const receiver = new ReceiverKeys(crypto, passphrase);
    const keys: SrtKeys | undefined = receiver.take(keyRequest);
    if (keys === undefined) return 'badSecret';
    return { keys: { receiver, sender: new SenderKeys(crypto, passphrase, keys, refresh) } };
  }

  /** Agrees to a call. @param address the caller's, without port. */
  accept(
    { handshake, capabilities, timestamp, receivedUs }: SrtCall,
    keys: KeyPair | undefined,
    {
      socketId,
      address,
      nowUs,
    }: { readonly socketId: number; readonly address: string; readonly nowUs: number },
  ): SrtAcceptance {
    const { latencyMs } = this.#options;
    const receiveLatencyMs = Math.max(latencyMs, capabilities.senderLatencyMs);
    const sendLatencyMs = Math.max(latencyMs, capabilities.receiverLatencyMs);
    const { keyRequest } = handshake.extensions;
    const answer: SrtHandshake = {
      ...handshake,
      flowWindow: SRT_LIMITS.receiveWindow,
      socketId,
      peerAddress: addressBytes(address),
      extensions: {
        handshakeResponse: {
          version: SRT_VERSION,
          flags: SRT_LIVE_FLAGS,
          receiverLatencyMs: receiveLatencyMs,
          senderLatencyMs: sendLatencyMs,
        },
        ...(keys === undefined || keyRequest === undefined ? {} : { keyResponse: keyRequest }),
      },
    };
    return {
      agreement: {
        socketId,
        peerSocketId: handshake.socketId,
        // Both directions begin at the caller's number.
        initialSequence: handshake.initialSequence,
        startUs: nowUs,
        peerTimestamp: timestamp,
        peerTimestampUs: receivedUs,
        receiveLatencyMs,
        sendLatencyMs,
        flowWindow: Math.max(2, Math.min(handshake.flowWindow, SRT_LIMITS.sendWindow)),
        peerVersion: capabilities.version,
        keys,
      },
      answer: (atUs) => this.#packet(answer, handshake.socketId, Math.max(0, atUs - nowUs) >>> 0),
    };
  }

  /** The packet that refuses a caller. */
  refuse(handshake: SrtHandshake, reject: SrtReject): Uint8Array {
    const refusal = { ...handshake, type: rejectToWire(reject), extensions: {}, extensionField: 0 };
    return this.#packet(refusal, handshake.socketId);
  }

  #packet(handshake: SrtHandshake, destination: number, timestamp = 0): Uint8Array {
    return serializeHandshake(handshake, { timestamp, destination });
  }
}

/** What speaks against a conclusion, whoever sends it. */
function whyNot(
  { version, extensions }: SrtHandshake,
  capabilities: SrtCapabilities | undefined,
): SrtReject | undefined {
  if (version !== 5) return 'version';
  if (capabilities === undefined) return 'rogue';
  if (capabilities.version < MIN_VERSION) return 'version';
  if ((capabilities.flags & SRT_FLAGS.stream) !== 0) return 'messageApi';
  if (extensions.congestion !== undefined && extensions.congestion !== 'live') return 'congestion';
  if (extensions.filter !== undefined) return 'filter';
  if (extensions.hasGroup === true) return 'group';
  const tooLate = Math.max(capabilities.receiverLatencyMs, capabilities.senderLatencyMs);
  return tooLate > SRT_LIMITS.latencyMs ? 'unacceptable' : undefined;
}
