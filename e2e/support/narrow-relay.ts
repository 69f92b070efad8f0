import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import type { TestContext } from 'node:test';

/** What waits in front of the narrow place; what comes when it is full is lost, as in any router. */
const QUEUE_BYTES = 128 * 1024;
const TICK_MS = 5;
/** How much time's worth of a line's width may go out at once. */
const SAVED_MS = 40;

export interface NarrowRelay {
  readonly port: number;
  /** Bits a second towards viewers; Infinity: all there is. */
  setWidth(bitsPerSecond: number): void;
}

/** A line that carries so much and no more: one queue, emptied at the pace of its width. */
class NarrowLine {
  readonly #queue: { readonly byteLength: number; readonly deliver: () => void }[] = [];
  readonly #timer: NodeJS.Timeout;
  #queuedBytes = 0;
  #width = Number.POSITIVE_INFINITY;
  #credit = 0;
  #filledMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#drain(), TICK_MS);
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  setWidth(bitsPerSecond: number): void {
    this.#width = bitsPerSecond;
    this.#drain();
  }

  send(byteLength: number, deliver: () => void): void {
    this.#queue.push({ byteLength, deliver });
    this.#queuedBytes += byteLength;
    this.#drain();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #drain(): void {
    const nowMs = performance.now();
    // Little is saved up: bursts are spread, as a real line spreads them. On a busy machine ticks come late, and a line
    // that saves nothing would be narrower than it says.
    const most = Math.max(1500, (this.#width * SAVED_MS) / 8000);
    this.#credit = Math.min(most, this.#credit + ((nowMs - this.#filledMs) * this.#width) / 8000);
    this.#filledMs = nowMs;
    for (
      let next = this.#queue[0];
      next !== undefined && this.#credit >= next.byteLength;
      next = this.#queue[0]
    ) {
      this.#queue.shift();
      this.#queuedBytes -= next.byteLength;
      this.#credit -= next.byteLength;
      next.deliver();
    }
  }
}

/** A narrow line for datagrams from `target` (a port of this host) to whoever comes through it. */
export async function startNarrowUdpRelay(
  context: Pick<TestContext, 'after'>,
  target: number,
): Promise<NarrowRelay> {
  const line = new NarrowLine();
  const front = createSocket('udp4');
  const backs = new Map<string, Socket>();
  const openBack = ({ address, port }: RemoteInfo): Socket => {
    const back = createSocket('udp4');
    back.on('message', (datagram) => {
      if (line.queuedBytes + datagram.length > QUEUE_BYTES) return;
      line.send(datagram.length, () => front.send(datagram, port, address));
    });
    back.on('error', () => undefined);
    return back;
  };
  front.on('message', (datagram, from) => {
    const key = `${from.address}:${from.port}`;
    const back = backs.get(key) ?? openBack(from);
    backs.set(key, back);
    back.send(datagram, target, '127.0.0.1');
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  context.after(() => {
    line.close();
    front.close();
    for (const back of backs.values()) back.close();
  });
  return { port: front.address().port, setWidth: (width) => line.setWidth(width) };
}

/** A narrow line for connections to `target`: it reads no faster than it may write. */
export async function startNarrowTcpRelay(
  context: Pick<TestContext, 'after'>,
  target: number,
): Promise<NarrowRelay> {
  const line = new NarrowLine();
  const sockets = new Set<TcpSocket>();
  const server = createServer((client) => {
    const site = connect(target, '127.0.0.1');
    for (const socket of [client, site]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        client.destroy();
        site.destroy();
        sockets.delete(socket);
      });
    }
    client.on('data', (bytes) => site.write(bytes));
    site.on('data', (bytes) => {
      for (let at = 0; at < bytes.length; at += 1460) {
        const piece = bytes.subarray(at, at + 1460);
        line.send(piece.length, () => client.write(piece));
      }
      if (line.queuedBytes < QUEUE_BYTES) return;
      site.pause();
      const timer = setInterval(() => {
        if (line.queuedBytes >= QUEUE_BYTES && !site.destroyed) return;
        clearInterval(timer);
        site.resume();
      }, TICK_MS);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    line.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, setWidth: (width) => line.setWidth(width) };
}
