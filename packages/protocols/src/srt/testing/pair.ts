import assert from 'node:assert/strict';
import { SrtCaller } from '../caller.ts';
import { SrtConnection, type SrtEnd } from '../connection.ts';
import type { SrtCrypto } from '../crypto.ts';
import { SrtListener, type SrtAcceptance } from '../listener.ts';
import { nodeSrtCrypto } from '../node-crypto.ts';
import type { KeyRefresh } from '../sender-keys.ts';
import { FakeNetwork, mulberry, networkWire, type NetworkOptions } from './network.ts';

export interface PairOptions {
  readonly network?: Omit<NetworkOptions, 'seed'>;
  readonly seed?: number;
  readonly latencyMs?: number;
  readonly passphrase?: string;
  readonly keyLength?: 16 | 24 | 32;
  readonly refresh?: KeyRefresh;
  /** How much faster the listener's clock runs, in parts per million. */
  readonly driftPpm?: number;
  /** How long ago both sides began, as their timestamps have it; and the number of the first packet. */
  readonly ageUs?: number;
  readonly initialSequence?: number;
}

/** One side of a connection under test. */
export interface Side {
  readonly connection: SrtConnection;
  readonly received: Uint8Array[];
  /** When each payload was handed on, on this side's clock. */
  readonly receivedUs: number[];
  gaps: number;
  end: SrtEnd | undefined;
}

/** Reproducible keys. */
function seededCrypto(seed: number): SrtCrypto {
  const random = mulberry(seed);
  return {
    ...nodeSrtCrypto,
    randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
  };
}

const STEP_US = 1000;
const TICK_US = 10_000;
const START_US = 5_000_000;

/** A caller and a listener with a network between them, connected; time passes by `run` only. */
export class Pair {
  readonly toListener: FakeNetwork;
  readonly toCaller: FakeNetwork;
  readonly caller: Side;
  readonly listener: Side;
  readonly #driftPpm: number;
  readonly #options: PairOptions;
  #nowUs = START_US;

  constructor(options: PairOptions = {}) {
    const { network = { delayUs: 5000 }, seed = 1, latencyMs = 120, driftPpm = 0 } = options;
    this.#driftPpm = driftPpm;
    this.#options = options;
    this.toListener = new FakeNetwork({ ...network, seed });
    this.toCaller = new FakeNetwork({ ...network, seed: seed + 1 });
    const crypto = seededCrypto(seed);
    const { passphrase, keyLength = 16 } = options;
    const refresh = options.refresh === undefined ? {} : { refresh: options.refresh };
    const caller = new SrtCaller(
      {
        crypto,
        socketId: 77,
        streamId: 'read:cam',
        passphrase,
        keyLength,
        latencyMs,
        address: '127.0.0.1',
        ...refresh,
      },
      this.#nowUs,
    );
    const listener = new SrtListener({ crypto, passphrase, keyLength, latencyMs, ...refresh });
    [this.caller, this.listener] = this.#shakeHands(caller, listener);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get listenerUs(): number {
    return this.#nowUs + ((this.#nowUs - START_US) * this.#driftPpm) / 1e6;
  }

  /** Lets time pass; `each` is called every millisecond. */
  run(durationUs: number, each: (nowUs: number) => void = () => undefined): void {
    const endUs = this.#nowUs + durationUs;
    while (this.#nowUs < endUs) {
      this.#nowUs += STEP_US;
      for (const datagram of this.toListener.arrivals(this.#nowUs)) {
        this.listener.connection.receive(datagram, this.listenerUs);
      }
      for (const datagram of this.toCaller.arrivals(this.#nowUs)) {
        this.caller.connection.receive(datagram, this.#nowUs);
      }
      each(this.#nowUs);
      if (this.#nowUs % TICK_US === 0) {
        this.caller.connection.tick(this.#nowUs);
        this.listener.connection.tick(this.listenerUs);
      }
    }
  }

  #shakeHands(caller: SrtCaller, listener: SrtListener): [Side, Side] {
    const desk = this.#answerCalls(listener);
    for (let tries = 0; tries < 4000; tries += 1) {
      this.#nowUs += STEP_US;
      const step = caller.tick(this.#nowUs);
      if (step?.type === 'send') this.toListener.send(step.packet, this.#nowUs);
      assert.notEqual(step?.type, 'failed');
      for (const packet of this.toListener.arrivals(this.#nowUs)) desk.take(packet);
      for (const packet of this.toCaller.arrivals(this.#nowUs)) {
        const next = caller.receive(packet, this.#nowUs);
        if (next?.type === 'send') this.toListener.send(next.packet, this.#nowUs);
        if (next?.type !== 'connected') continue;
        assert.ok(desk.side !== undefined);
        return [this.#side(next.agreement, this.toListener, () => this.#nowUs), desk.side];
      }
    }
    throw new Error('no connection');
  }

  /** Takes calls as a server does: one connection, and the same answer to whoever asks again. */
  #answerCalls(listener: SrtListener): { take: (packet: Uint8Array) => void; side: Side | undefined } {
    let accepted: SrtAcceptance | undefined;
    const desk: { take: (packet: Uint8Array) => void; side: Side | undefined } = {
      side: undefined,
      take: (packet) => {
        const knock = listener.receive(packet, '127.0.0.1:1', this.listenerUs);
        if (knock.type === 'answer') this.toCaller.send(knock.packet, this.#nowUs);
        if (knock.type !== 'call') return;
        if (accepted === undefined) {
          const unlocked = listener.unlock(knock.call);
          assert.ok(typeof unlocked !== 'string', 'refused');
          const identity = { socketId: 99, address: '127.0.0.1', nowUs: this.listenerUs };
          accepted = listener.accept(knock.call, unlocked.keys, identity);
          desk.side = this.#side(accepted.agreement, this.toCaller, () => this.listenerUs);
        }
        this.toCaller.send(accepted.answer(this.listenerUs), this.#nowUs);
      },
    };
    return desk;
  }

  #side(agreed: SrtConnection['agreement'], network: FakeNetwork, now: () => number): Side {
    const { ageUs = 0, initialSequence = agreed.initialSequence } = this.#options;
    const agreement = {
      ...agreed,
      initialSequence,
      startUs: agreed.startUs - ageUs,
      peerTimestamp: agreed.peerTimestamp + ageUs,
    };
    const received: Uint8Array[] = [];
    const receivedUs: number[] = [];
    const connection = new SrtConnection(
      agreement,
      {
        wire: networkWire(network, () => this.#nowUs),
        onPayload: (payload, isBehindGap) => {
          received.push(Uint8Array.from(payload));
          receivedUs.push(now());
          if (isBehindGap) side.gaps += 1;
        },
        onClosed: (end) => {
          side.end = end;
        },
      },
      now(),
    );
    const side: Side = { connection, received, receivedUs, gaps: 0, end: undefined };
    return side;
  }
}

/** A payload that tells its number. */
export function numbered(number: number, length = 1316): Uint8Array {
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes.fill(number & 0xff, 4);
}

export const numberOf = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset).getUint32(0);
