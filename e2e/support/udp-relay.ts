import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export interface UdpRelay {
  readonly port: number;
  /** Share of the datagrams from `target` that is lost, 0 to 1. */
  setLoss(share: number): void;
  /** Share of the datagrams to `target` that is lost, 0 to 1. */
  setLossToTarget(share: number): void;
}

/** A network that loses datagrams between `target` (a port of this host) and whoever comes through it. */
export async function startUdpRelay(context: Pick<TestContext, 'after'>, target: number): Promise<UdpRelay> {
  let loss = 0;
  let lossToTarget = 0;
  const front = createSocket('udp4');
  const backs = new Map<string, Socket>();
  const openBack = ({ address, port }: RemoteInfo): Socket => {
    const back = createSocket('udp4');
    back.on('message', (datagram) => {
      if (Math.random() >= loss) front.send(datagram, port, address);
    });
    back.on('error', () => undefined);
    return back;
  };
  front.on('message', (datagram, from) => {
    const key = `${from.address}:${from.port}`;
    const back = backs.get(key) ?? openBack(from);
    backs.set(key, back);
    if (Math.random() >= lossToTarget) back.send(datagram, target, '127.0.0.1');
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  context.after(() => {
    front.close();
    for (const back of backs.values()) back.close();
  });
  return {
    port: front.address().port,
    setLoss: (share) => {
      loss = share;
    },
    setLossToTarget: (share) => {
      lossToTarget = share;
    },
  };
}
