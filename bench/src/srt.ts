import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf } from './support/process-usage.ts';

const BITS_PER_SECOND = 100_000_000;
const WARM_UP_MS = 2500;
const MEASURED_MS = 8000;
const FEED_MS = 10;
const TARGET_RATIO = 1.5;
const TS_PACKET = 188;
const CALLER = path.join(import.meta.dirname, 'srt/caller-process.ts');
const PASSPHRASE = 'passphrase=correct-horse-battery&pbkeylen=16';

type Program = 'gateway' | 'srt-live-transmit';

interface Result {
  readonly sender: Program;
  readonly receiver: Program;
  readonly sent: number;
  readonly received: number;
  readonly gigabits: number;
  readonly receivedShare: number;
}

/**
 * What it costs to send and to receive by SRT: one stream from a pipe to a pipe, by the gateway's own code and by
 * srt-live-transmit, which is libsrt; in the clear and encrypted. The same peer stands at the other end each time.
 */
export async function run(): Promise<void> {
  for (const secret of ['', PASSPHRASE]) {
    console.log(
      `one stream of ${BITS_PER_SECOND / 1e6} Mbit/s, ${secret === '' ? 'in the clear' : 'AES-128'}, ${MEASURED_MS / 1000} s`,
    );
    const reference = await measure('srt-live-transmit', 'srt-live-transmit', secret);
    const sending = await measure('gateway', 'srt-live-transmit', secret);
    const receiving = await measure('srt-live-transmit', 'gateway', secret);
    print(reference, sending, receiving);
  }
}

/** The gateway calls, srt-live-transmit listens, or calls itself. */
async function measure(sender: Program, receiver: Program, secret: string): Promise<Result> {
  const port = await freePort();
  const listening = `srt://:${port}?mode=listener&${secret}`;
  const called = `srt://127.0.0.1:${port}?${secret}`;
  const receiverListens = receiver === 'srt-live-transmit';
  const start = (role: 'send' | 'receive'): ChildProcess => {
    const program = role === 'send' ? sender : receiver;
    const address = receiverListens === (role === 'receive') ? listening : called;
    return program === 'gateway' ? startGateway(role, address) : startTransmit(role, address);
  };
  const first = start(receiverListens ? 'receive' : 'send');
  await sleep(500);
  const second = start(receiverListens ? 'send' : 'receive');
  const [sending, receiving] = receiverListens ? [second, first] : [first, second];
  let fed = 0;
  let received = 0;
  receiving.stdout?.on('data', (chunk: Buffer) => (received += chunk.length));
  const feeder = feed(sending, (bytes) => (fed += bytes));
  try {
    await sleep(WARM_UP_MS);
    const before = { fed, received, sent: cpuOf(sending), taken: cpuOf(receiving) };
    await sleep(MEASURED_MS);
    const bytes = fed - before.fed;
    return {
      sender,
      receiver,
      sent: cpuOf(sending) - before.sent,
      received: cpuOf(receiving) - before.taken,
      gigabits: (bytes * 8) / 1e9,
      receivedShare: (received - before.received) / bytes,
    };
  } finally {
    clearInterval(feeder);
    const ends = [sending, receiving].map(async (child) => once(child, 'exit'));
    for (const child of [sending, receiving]) child.kill('SIGTERM');
    await Promise.race([Promise.all(ends), sleep(500)]);
    for (const child of [sending, receiving]) child.kill('SIGKILL');
  }
}

function feed({ stdin }: ChildProcess, onFed: (bytes: number) => void): NodeJS.Timeout {
  // Null packets: nobody looks inside.
  const packet = Buffer.alloc(TS_PACKET, 0xff);
  packet.set([0x47, 0x1f, 0xff, 0x10]);
  const startMs = performance.now();
  let packets = 0;
  stdin?.on('error', () => undefined);
  return setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * (BITS_PER_SECOND / 8 / TS_PACKET));
    if (due <= packets || stdin === null) return;
    const bytes = Buffer.alloc((due - packets) * TS_PACKET, packet);
    packets = due;
    stdin.write(bytes);
    onFed(bytes.length);
  }, FEED_MS);
}

function startGateway(role: 'send' | 'receive', address: string): ChildProcess {
  return spawn(process.execPath, [CALLER, role, address], { stdio: ['pipe', 'pipe', 'inherit'] });
}

function startTransmit(role: 'send' | 'receive', address: string): ChildProcess {
  const ends = role === 'send' ? ['file://con', address] : [address, 'file://con'];
  return spawn('srt-live-transmit', ['-loglevel', 'fatal', '-quiet', ...ends], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

const cpuOf = ({ pid }: ChildProcess): number => (pid === undefined ? Number.NaN : cpuSecondsOf(pid));

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

function print(reference: Result, sending: Result, receiving: Result): void {
  console.table(
    [reference, sending, receiving].map(({ sender, receiver, sent, received, gigabits, receivedShare }) => ({
      sender,
      receiver,
      Gbit: gigabits.toFixed(2),
      'sender CPU s / Gbit': (sent / gigabits).toFixed(3),
      'receiver CPU s / Gbit': (received / gigabits).toFixed(3),
      received: `${(receivedShare * 100).toFixed(1)} %`,
    })),
  );
  const perGigabit = (result: Result, key: 'sent' | 'received'): number => result[key] / result.gigabits;
  const sent = perGigabit(sending, 'sent') / perGigabit(reference, 'sent');
  const received = perGigabit(receiving, 'received') / perGigabit(reference, 'received');
  console.log(
    `ratio of the sender ${sent.toFixed(2)}, of the receiver ${received.toFixed(2)} (target at most ${TARGET_RATIO})`,
  );
}
