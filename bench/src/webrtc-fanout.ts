import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeViewers } from '../../apps/gateway/src/sinks/webrtc/testing/native-viewers.ts';
import { MeasuredProcess } from './support/measured-process.ts';

const VIEWERS = 50;
const BITS_PER_SECOND = 3_000_000;
const WARM_UP_MS = 3000;
const MEASURED_MS = 10_000;
const TARGET_RATIO = 1.3;
const GATEWAY = path.join(import.meta.dirname, 'webrtc-fanout/gateway-process.ts');
const BARE = path.join(import.meta.dirname, 'webrtc-fanout/bare-process.ts');

interface Result {
  readonly name: string;
  readonly gigabits: number;
  readonly cpuSeconds: number;
  readonly receivedShare: number;
  readonly dropped: number;
}

/**
 * What it costs to hand one stream to many viewers by WebRTC: gateway and worker together, against
 * node-datachannel alone, which is given ready-made RTP by a loop. The viewers' own CPU time is not
 * counted.
 */
export async function run(): Promise<void> {
  const bits = String(BITS_PER_SECOND);
  const measureBare = async (): Promise<Result> =>
    measure('node-datachannel alone', '/', [BARE, bits, String(await freeUdpPort())]);
  // Before and after: what else the machine does hits both.
  const before = await measureBare();
  const gateway = await measure('gateway and worker', '/live/bench/whep', [GATEWAY, bits]);
  print([before, gateway, await measureBare()]);
}

async function measure(name: string, offersTo: string, args: readonly string[]): Promise<Result> {
  const sender = new MeasuredProcess(process.execPath, args);
  const { port = 0 } = await sender.ready();
  const viewers = await NativeViewers.start();
  const url = `http://127.0.0.1:${port}${offersTo}`;
  // One is looked at; the others only take what comes, and report.
  await viewers.view(url, true);
  for (let joined = 1; joined < VIEWERS; joined += 1) await viewers.view(url);
  await sleep(WARM_UP_MS);
  const [before, countBefore] = await Promise.all([sender.mark(), receivedBytes(viewers)]);
  await sleep(MEASURED_MS);
  const [after, countAfter] = await Promise.all([sender.mark(), receivedBytes(viewers)]);
  await viewers.kill();
  await sender.close();
  const sentBytes = after.bytes - before.bytes;
  return {
    name,
    gigabits: (sentBytes * 8) / 1e9,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    receivedShare: ((countAfter - countBefore) * VIEWERS) / sentBytes,
    dropped: after.dropped ?? 0,
  };
}

async function receivedBytes(viewers: NativeViewers): Promise<number> {
  const [looked] = await viewers.counts();
  return looked?.bytes ?? 0;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

function print(results: readonly Result[]): void {
  console.log(
    `${VIEWERS} viewers of ${BITS_PER_SECOND / 1e6} Mbit/s over loopback UDP, ${MEASURED_MS / 1000} s`,
  );
  console.table(
    results.map(({ name, gigabits, cpuSeconds, receivedShare, dropped }) => ({
      sender: name,
      Gbit: gigabits.toFixed(2),
      'CPU s': cpuSeconds.toFixed(2),
      'CPU s / Gbit': (cpuSeconds / gigabits).toFixed(3),
      received: `${(receivedShare * 100).toFixed(1)} %`,
      dropped,
    })),
  );
  const [before = Number.NaN, gateway = Number.NaN, after = Number.NaN] = results.map(
    ({ cpuSeconds, gigabits }) => cpuSeconds / gigabits,
  );
  console.log(`ratio ${((2 * gateway) / (before + after)).toFixed(2)} (target at most ${TARGET_RATIO})`);
}
