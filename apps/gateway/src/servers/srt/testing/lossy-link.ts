import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export interface LossyLink {
  /** Port of 127.0.0.1 to call in place of the target's. */
  readonly port: number;
  readonly relayed: number;
  readonly lost: number;
}

/** A network that loses a share of the datagrams of both directions, at random, between callers and `target`. */
export async function startLossyLink(
  context: Pick<TestContext, 'after'>,
  target: number,
  loss: number,
): Promise<LossyLink> {
  const counters = { relayed: 0, lost: 0 };
  const front = createSocket('udp4');
  const backs = new Map<number, Socket>();
  const passes = (): boolean => {
    const isLost = Math.random() < loss;
    counters.relayed += 1;
    if (isLost) counters.lost += 1;
    return !isLost;
  };
  const openBack = ({ port }: RemoteInfo): Socket => {
    const back = createSocket('udp4');
    back.on('message', (datagram) => {
      if (passes()) front.send(datagram, port, '127.0.0.1');
    });
    back.on('error', () => undefined);
    backs.set(port, back);
    return back;
  };
  front.on('message', (datagram, from) => {
    const back = backs.get(from.port) ?? openBack(from);
    if (passes()) back.send(datagram, target, '127.0.0.1');
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  context.after(() => {
    front.close();
    for (const back of backs.values()) back.close();
  });
  return {
    port: front.address().port,
    get relayed() {
      return counters.relayed;
    },
    get lost() {
      return counters.lost;
    },
  };
}
