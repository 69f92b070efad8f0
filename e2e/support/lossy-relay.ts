import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface LossyRelayOptions {
  /** Port of the camera on 127.0.0.1. */
  readonly cameraPort: number;
  /** What becomes of RTP packet `index` (of all tracks together): lost, or late by so many milliseconds. */
  readonly fate: (index: number) => 'lost' | number;
}

/** A bad network between an RTSP client and a camera that sends by UDP. */
export interface LossyRelay {
  /** RTSP port of 127.0.0.1 to connect to in place of the camera's. */
  readonly port: number;
  readonly relayedPackets: number;
  readonly lostPackets: number;
  close(): Promise<void>;
}

/**
 * Starts a relay: RTSP passes through, but for the UDP ports that the client asks for, which become the relay's
 * own, so that the camera's packets come by here. What the client sends goes to the camera directly.
 */
export async function startLossyRelay({ cameraPort, fate }: LossyRelayOptions): Promise<LossyRelay> {
  const counters = { relayed: 0, lost: 0, index: 0 };
  const sockets = new Set<Socket>();
  const ports: UdpSocket[] = [];
  const timers = new Set<NodeJS.Timeout>();

  /** A port whose packets go on to `target`. */
  const relayPort = async (port: number, target: number, isRtp: boolean): Promise<UdpSocket> => {
    const socket = createSocket('udp4');
    const deliver = (packet: Buffer): void => {
      counters.relayed += 1;
      socket.send(packet, target, '127.0.0.1', () => undefined);
    };
    socket.on('error', () => undefined);
    socket.on('message', (packet) => {
      const what = isRtp ? fate(counters.index++) : 0;
      if (what === 'lost') counters.lost += 1;
      else if (what === 0) deliver(packet);
      else {
        const timer = setTimeout(() => {
          timers.delete(timer);
          deliver(packet);
        }, what);
        timers.add(timer);
      }
    });
    const listening = once(socket, 'listening');
    socket.bind(port, '127.0.0.1');
    await listening;
    ports.push(socket);
    return socket;
  };

  /** Puts ports of the relay in place of the client's. */
  const rewrite = async (request: string): Promise<string> => {
    const asked = /client_port=(\d+)-(\d+)/.exec(request);
    if (asked === null) return request;
    for (;;) {
      const rtp = await relayPort(0, Number(asked[1]), true);
      const { port } = rtp.address();
      try {
        await relayPort(port + 1, Number(asked[2]), false);
        return request.replace(asked[0], `client_port=${port}-${port + 1}`);
      } catch {
        // the next port is taken: try another pair
      }
    }
  };

  const server = createServer((client) => {
    const camera = connect(cameraPort, '127.0.0.1');
    for (const socket of [client, camera]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => {
        client.destroy();
        camera.destroy();
        sockets.delete(socket);
      });
    }
    let sent: Promise<unknown> = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      sent = sent.then(async () => camera.write(await rewrite(chunk.toString('latin1')), 'latin1'));
    });
    camera.on('data', (chunk: Buffer) => client.write(chunk));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get relayedPackets() {
      return counters.relayed;
    },
    get lostPackets() {
      return counters.lost;
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      for (const socket of ports) socket.close();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
