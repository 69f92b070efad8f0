import { ProtocolError, type ErrorCode } from '@vedette/media';
import type { SrtAgreement } from './connection.ts';
import type { SrtCrypto } from './crypto.ts';
import {
  addressBytes,
  inductionRequest,
  parseHandshake,
  serializeHandshake,
  SRT_HANDSHAKE_TYPE,
  SRT_MAGIC,
  type SrtHandshake,
} from './handshake.ts';
import {
  createKeys,
  serializeKeyMaterial,
  wrapKeys,
  wrappingKey,
  type SrtKeyLength,
  type SrtKeys,
} from './key-material.ts';
import { SRT_LIMITS } from './limits.ts';
import { SRT_LIVE_FLAGS, SRT_VERSION } from './listener.ts';
import { controlType, isControlPacket, packetSocketId, packetTimestamp, SRT_CONTROL } from './packet.ts';
import { ReceiverKeys } from './receiver-keys.ts';
import { describeReject, rejectFromWire, SRT_REJECT } from './reject.ts';
import { SenderKeys, type KeyRefresh } from './sender-keys.ts';
import { wireTimestamp } from './wire.ts';

export interface SrtCallerOptions {
  readonly crypto: SrtCrypto;
  /** Ours; not 0. */
  readonly socketId: number;
  readonly streamId: string | undefined;
  readonly passphrase: string | undefined;
  /** `undefined`: what the listener proposes, else 16. */
  readonly keyLength: SrtKeyLength | undefined;
  readonly latencyMs: number;
  /** Of the listener, without port. */
  readonly address: string;
  readonly refresh?: KeyRefresh;
}

export type SrtCallerStep =
  | { readonly type: 'send'; readonly packet: Uint8Array }
  | { readonly type: 'connected'; readonly agreement: SrtAgreement }
  | { readonly type: 'failed'; readonly error: ProtocolError };

const RESEND_US = 250_000;
/** libsrt's SRTO_CONNTIMEO. */
const TIMEOUT_US = 3_000_000;
const MTU = 1500;

interface KeyOffer {
  readonly keys: SrtKeys;
  readonly message: Uint8Array;
  readonly passphrase: string;
}

/** The calling side of the handshake (draft-sharabayko-srt §4.3.1): one attempt. */
export class SrtCaller {
  readonly #options: SrtCallerOptions;
  readonly #initialSequence: number;
  readonly #startUs: number;
  #state: 'induction' | 'conclusion' | 'over' = 'induction';
  #request: SrtHandshake;
  #offer: KeyOffer | undefined;
  #sentUs = Number.NEGATIVE_INFINITY;

  constructor(options: SrtCallerOptions, nowUs: number) {
    this.#options = options;
    this.#startUs = nowUs;
    const [a = 0, b = 0, c = 0] = options.crypto.randomBytes(3);
    this.#initialSequence = (a << 16) | (b << 8) | c;
    this.#request = inductionRequest({
      initialSequence: this.#initialSequence,
      mtu: MTU,
      flowWindow: SRT_LIMITS.receiveWindow,
      socketId: options.socketId,
      peerAddress: addressBytes(options.address),
    });
  }

  /** What is to be sent now, also again and again; to be called at least every 50 ms from the start. */
  tick(nowUs: number): SrtCallerStep | undefined {
    if (this.#state === 'over') return undefined;
    if (nowUs - this.#startUs > TIMEOUT_US) {
      return this.#fail('ERR_SRT_NO_ANSWER', 'nobody answers there by SRT');
    }
    if (nowUs - this.#sentUs < RESEND_US) return undefined;
    this.#sentUs = nowUs;
    const timestamp = wireTimestamp(nowUs, this.#startUs);
    return { type: 'send', packet: serializeHandshake(this.#request, { timestamp, destination: 0 }) };
  }

  /** Takes a packet from the listener; what is not meant for the handshake is left aside. */
  receive(packet: Uint8Array, nowUs: number): SrtCallerStep | undefined {
    if (this.#state === 'over' || !this.#isForUs(packet)) return undefined;
    try {
      const handshake = parseHandshake(packet);
      const code = rejectFromWire(handshake.type);
      if (code !== undefined) return this.#refused(code);
      if (this.#state === 'induction') return this.#onInduction(handshake, nowUs);
      if (handshake.type !== SRT_HANDSHAKE_TYPE.conclusion) return undefined;
      return this.#onConclusion(handshake, packetTimestamp(packet), nowUs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#state = 'over';
      return { type: 'failed', error };
    }
  }

  #isForUs(packet: Uint8Array): boolean {
    return (
      packet.length >= 64 &&
      isControlPacket(packet) &&
      controlType(packet) === SRT_CONTROL.handshake &&
      packetSocketId(packet) === this.#options.socketId
    );
  }

  #onInduction(handshake: SrtHandshake, nowUs: number): SrtCallerStep | undefined {
    if (handshake.type !== SRT_HANDSHAKE_TYPE.induction) return undefined;
    if (handshake.version < 5 || handshake.extensionField !== SRT_MAGIC) {
      return this.#fail('ERR_SRT_REFUSED', 'the peer speaks an SRT from before version 1.3');
    }
    const { streamId, latencyMs } = this.#options;
    this.#offer = this.#offerKeys(handshake.encryption * 8);
    this.#request = {
      ...this.#request,
      version: 5,
      encryption: this.#offer === undefined ? 0 : (this.#offer.keys.even?.length ?? 0) / 8,
      type: SRT_HANDSHAKE_TYPE.conclusion,
      cookie: handshake.cookie,
      extensions: {
        handshakeRequest: {
          version: SRT_VERSION,
          flags: SRT_LIVE_FLAGS,
          receiverLatencyMs: latencyMs,
          senderLatencyMs: latencyMs,
        },
        ...(this.#offer === undefined ? {} : { keyRequest: this.#offer.message }),
        ...(streamId === undefined ? {} : { streamId }),
      },
    };
    this.#state = 'conclusion';
    this.#sentUs = Number.NEGATIVE_INFINITY;
    return this.tick(nowUs);
  }

  #offerKeys(proposedLength: number): KeyOffer | undefined {
    const { crypto, passphrase, keyLength } = this.#options;
    if (passphrase === undefined) return undefined;
    const proposed = proposedLength === 24 || proposedLength === 32 ? proposedLength : 16;
    const keys = createKeys(crypto, keyLength ?? proposed);
    const wrapping = wrappingKey(crypto, passphrase, keys.salt, keyLength ?? proposed);
    return { keys, message: serializeKeyMaterial(wrapKeys(crypto, keys, wrapping)), passphrase };
  }

  #onConclusion(handshake: SrtHandshake, timestamp: number, nowUs: number): SrtCallerStep {
    const { handshakeResponse, keyResponse } = handshake.extensions;
    if (handshakeResponse === undefined) {
      return this.#fail('ERR_SRT_REFUSED', 'the peer answered without saying what it can');
    }
    const offer = this.#offer;
    if (offer !== undefined && keyResponse === undefined) return this.#refused(SRT_REJECT.unsecure);
    // One word instead of the message: the state of a peer that connects all the same (§3.2.2).
    if (offer !== undefined && keyResponse?.length !== offer.message.length) {
      return this.#refused(SRT_REJECT.badSecret);
    }
    this.#state = 'over';
    const { socketId } = this.#options;
    return {
      type: 'connected',
      agreement: {
        socketId,
        peerSocketId: handshake.socketId,
        initialSequence: this.#initialSequence,
        startUs: this.#startUs,
        peerTimestamp: timestamp,
        peerTimestampUs: nowUs,
        receiveLatencyMs: this.#agreed(handshakeResponse.senderLatencyMs),
        sendLatencyMs: this.#agreed(handshakeResponse.receiverLatencyMs),
        flowWindow: Math.max(2, Math.min(handshake.flowWindow, SRT_LIMITS.sendWindow)),
        peerVersion: handshakeResponse.version,
        keys: this.#keysOf(offer),
      },
    };
  }

  #agreed(latencyMs: number): number {
    return Math.min(Math.max(this.#options.latencyMs, latencyMs), SRT_LIMITS.latencyMs);
  }

  #keysOf(offer: KeyOffer | undefined): SrtAgreement['keys'] {
    if (offer === undefined) return undefined;
    const { crypto, refresh } = this.#options;
    const receiver = new ReceiverKeys(crypto, offer.passphrase);
    receiver.install(offer.keys);
    return { receiver, sender: new SenderKeys(crypto, offer.passphrase, offer.keys, refresh) };
  }

  #refused(code: number): SrtCallerStep {
    const isSecret = code === SRT_REJECT.badSecret || code === SRT_REJECT.unsecure;
    const isUser = code === SRT_REJECT.unauthorized || code === SRT_REJECT.forbidden;
    const errorCode = isSecret ? 'ERR_SRT_SECRET' : isUser ? 'ERR_SRT_UNAUTHORIZED' : 'ERR_SRT_REFUSED';
    return this.#fail(errorCode, `the peer refuses the connection (${code}): ${describeReject(code)}`);
  }

  #fail(code: ErrorCode, sentence: string): SrtCallerStep {
    this.#state = 'over';
    return { type: 'failed', error: new ProtocolError(code, sentence) };
  }
}
