import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { nodeSrtCrypto, SrtCaller, type SrtCallerOptions } from '@vedette/protocols';

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
