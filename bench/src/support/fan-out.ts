import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeasuredProcess, type Totals } from './measured-process.ts';

const WARM_UP_MS = 3000;
const MEASURED_MS = 10_000;
const C_PEER = path.resolve(import.meta.dirname, '../../peers/tcp-fanout.c');

/** One way to hand a stream to many viewers over TCP. */
export interface FanOut {
  /** For the table. */
  readonly name: string;
  /** The process with the gateway's server and sink; speaks like `peers/tcp-fanout.c`. */
  readonly gateway: readonly string[];
  /** What a viewer says to be sent the stream. */
  readonly hello: string | Uint8Array;
  /** One group of pictures as the gateway writes them. */
  readonly pictures: readonly Uint8Array[];
  readonly viewers: number;
  readonly targetRatio: number;
}

interface Result {
  readonly name: string;
  readonly gigabits: number;
  readonly cpuSeconds: number;
  readonly receivedShare: number;
  readonly dropped: number;
}

/**
 * Measures the gateway against a C program that does one `send` a picture and viewer of the same bytes, at the same
 * pace, and prints a table and the ratio of CPU seconds per Gbit.
 */
export async function compareFanOut({
  name,
  gateway,
  hello,
  pictures,
  viewers,
  targetRatio,
}: FanOut): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  try {
    const peer = path.join(folder, 'tcp-fanout');
    execFileSync('cc', ['-O2', '-o', peer, C_PEER]);
    const file = (fileName: string, content: string | Uint8Array): string => {
      writeFileSync(path.join(folder, fileName), content);
      return path.join(folder, fileName);
    };
    const wire = file('pictures', Buffer.concat(pictures.flatMap(behindLength)));
    const said = file('hello', hello);
    const nothing = file('nothing', '');
    const measureBare = async (): Promise<Result> =>
      measure('C, one send a picture', { peer, hello: nothing, viewers }, peer, [
        'send',
        wire,
        String(viewers),
      ]);
    // Before and after: what else the machine does hits both.
    const before = await measureBare();
    const measured = await measure(name, { peer, hello: said, viewers }, process.execPath, gateway);
    print([before, measured, await measureBare()], viewers, targetRatio);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Receivers {
  readonly peer: string;
  readonly hello: string;
  readonly viewers: number;
}

async function measure(
  name: string,
  { peer, hello, viewers }: Receivers,
  command: string,
  args: readonly string[],
): Promise<Result> {
  const sender = new MeasuredProcess(command, args);
  const { port } = await sender.ready();
  const receiver = new MeasuredProcess(peer, ['receive', String(port), String(viewers), hello]);
  await receiver.ready();
  await sleep(WARM_UP_MS);
  const before = await both(sender, receiver);
  await sleep(MEASURED_MS);
  const after = await both(sender, receiver);
  await sender.close();
  await receiver.close();
  const sentBytes = after.sent.bytes - before.sent.bytes;
  return {
    name,
    gigabits: (sentBytes * 8) / 1e9,
    cpuSeconds: after.sent.cpuSeconds - before.sent.cpuSeconds,
    receivedShare: (after.received.bytes - before.received.bytes) / sentBytes,
    dropped: after.sent.dropped ?? 0,
  };
}

async function both(
  sender: MeasuredProcess,
  receiver: MeasuredProcess,
): Promise<{ sent: Totals; received: Totals }> {
  const [sent, received] = await Promise.all([sender.mark(), receiver.mark()]);
  return { sent, received };
}

function behindLength(bytes: Uint8Array): readonly Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [length, bytes];
}

function print(results: readonly Result[], viewers: number, targetRatio: number): void {
  console.log(`${viewers} viewers over loopback TCP, ${MEASURED_MS / 1000} s`);
  console.table(
    results.map(({ name, gigabits, cpuSeconds, receivedShare, dropped }) => ({
      sender: name,
      Gbit: gigabits.toFixed(2),
      'CPU s': cpuSeconds.toFixed(2),
      'CPU s / Gbit': (cpuSeconds / gigabits).toFixed(4),
      received: `${(receivedShare * 100).toFixed(1)} %`,
      dropped,
    })),
  );
  const [before = Number.NaN, gateway = Number.NaN, after = Number.NaN] = results.map(
    ({ cpuSeconds, gigabits }) => cpuSeconds / gigabits,
  );
  console.log(`ratio ${((2 * gateway) / (before + after)).toFixed(2)} (target at most ${targetRatio})`);
}
