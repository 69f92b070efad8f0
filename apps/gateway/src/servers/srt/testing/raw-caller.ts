import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { nodeSrtCrypto, SrtCaller, type SrtCallerOptions } from '@vedette/protocols';
import { until } from '../../../../../../e2e/support/until.ts';

/** A UDP socket that talks SRT as it likes. */
export class RawCaller {
  readonly socket: Socket;
  readonly #port: number;
  readonly answers: Buffer[] = [];

  private constructor(socket: Socket, port: number) {
    this.socket = socket;
    this.#port = port;
    socket.on('message', (packet) => this.answers.push(packet));
  }

  static async open(context: Pick<TestContext, 'after'>, port: number): Promise<RawCaller> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    context.after(() => socket.close());
    return new RawCaller(socket, port);
  }

  send(packet: Uint8Array): void {
    this.socket.send(packet, this.#port, '127.0.0.1');
  }

  /** What came for this caller and was not taken yet. */
  answersTo(socketId: number): Buffer[] {
    return this.answers.filter((packet) => packet.readUInt32BE(12) === socketId);
  }

  /** Waits for an answer to this caller, and takes it. */
  async takeAnswer(socketId: number): Promise<Buffer> {
    await until(() => this.answersTo(socketId).length > 0);
    const [answer = assert.fail()] = this.answersTo(socketId);
    this.answers.splice(this.answers.indexOf(answer), 1);
    return answer;
  }

  /** Shakes hands as an honest caller, up to the conclusion. @returns that, to be sent as often as the test likes. */
  async conclusion(socketId: number, streamId: string): Promise<Uint8Array> {
    const caller = RawCaller.caller(socketId, { streamId });
    const first = caller.tick(0);
    assert.ok(first?.type === 'send');
    this.send(first.packet);
    const step = caller.receive(await this.takeAnswer(socketId), 0);
    assert.ok(step?.type === 'send');
    return step.packet;
  }

  /** A first handshake that nobody has sent yet. */
  static induction(socketId: number, options: Partial<SrtCallerOptions> = {}): Uint8Array {
    const step = RawCaller.caller(socketId, options).tick(0);
    if (step?.type !== 'send') throw new Error('a caller begins with an induction');
    return step.packet;
  }

  static caller(socketId: number, options: Partial<SrtCallerOptions> = {}): SrtCaller {
    return new SrtCaller(
      {
        crypto: nodeSrtCrypto,
        socketId,
        streamId: 'publish:gate',
        passphrase: undefined,
        keyLength: undefined,
        latencyMs: 120,
        address: '127.0.0.1',
        ...options,
      },
      0,
    );
  }
}

/** The handshake type of an answer: -1 as `0xffff_ffff` is a conclusion, 1000 and more a refusal. */
export function handshakeType(answer: Buffer | undefined): number {
  return answer?.readUInt32BE(16 + 20) ?? 0;
}
