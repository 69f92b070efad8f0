import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrackSender } from '../../apps/gateway/src/sinks/rtsp/track-sender.ts';
import { MeasuredProcess, type Totals } from './rtsp-fanout/measured-process.ts';
import { Pictures } from './rtsp-fanout/pictures.ts';

const VIEWERS = 200;
const BITS_PER_SECOND = 4_000_000;
const WARM_UP_MS = 3000;
const MEASURED_MS = 10_000;
const TARGET_RATIO = 1.8;
const C_PEER = path.resolve(import.meta.dirname, '../peers/tcp-fanout.c');
const GATEWAY = path.join(import.meta.dirname, 'rtsp-fanout/gateway-process.ts');

interface Result {
  readonly name: string;
  readonly gigabits: number;
  readonly cpuSeconds: number;
  readonly receivedShare: number;
  readonly dropped: number;
}

/**
 * What it costs to hand one stream to many viewers over TCP: the gateway's RTSP server and sink against a C
 * program that does one `send` a picture and viewer of the same bytes, at the same pace.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  try {
    const peer = path.join(folder, 'tcp-fanout');
    execFileSync('cc', ['-O2', '-o', peer, C_PEER]);
    const wire = path.join(folder, 'pictures');
    writeFileSync(wire, wirePictures());
    const nothing = path.join(folder, 'nothing');
    writeFileSync(nothing, '');
    const play = path.join(folder, 'play');
    writeFileSync(play, playRequests());
    const measureBare = async (): Promise<Result> =>
      measure('C, one send a picture', peer, nothing, peer, ['send', wire, String(VIEWERS)]);
    // Before and after: what else the machine does hits both.
    const before = await measureBare();
    const gateway = await measure('gateway', peer, play, process.execPath, [
      GATEWAY,
      String(BITS_PER_SECOND),
    ]);
    print([before, gateway, await measureBare()]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  name: string,
  peer: string,
  hello: string,
  command: string,
  args: readonly string[],
): Promise<Result> {
  const sender = new MeasuredProcess(command, args);
  const { port } = await sender.ready();
  const receiver = new MeasuredProcess(peer, ['receive', String(port), String(VIEWERS), hello]);
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

/** One group of pictures as the gateway writes them, each behind its length. */
function wirePictures(): Buffer {
  const pictures = new Pictures(BITS_PER_SECOND);
  const sender = new TrackSender(pictures.track, 'bench');
  const parts: Buffer[] = [];
  for (let index = 0; index < pictures.length; index += 1) {
    const { bytes } = sender.packetize(pictures.at(index));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

function playRequests(): string {
  const url = 'rtsp://127.0.0.1/bench';
  const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
  return (
    `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n${transport}\r\n\r\n` +
    `PLAY ${url}/ RTSP/1.0\r\nCSeq: 2\r\n\r\n`
  );
}

function print(results: readonly Result[]): void {
  console.log(
    `${VIEWERS} viewers of ${BITS_PER_SECOND / 1e6} Mbit/s over loopback TCP, ${MEASURED_MS / 1000} s`,
  );
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
  console.log(`ratio ${((2 * gateway) / (before + after)).toFixed(2)} (target at most ${TARGET_RATIO})`);
}
