import path from 'node:path';
import { TrackSender } from '../../apps/gateway/src/sinks/rtsp/track-sender.ts';
import { compareFanOut } from './support/fan-out.ts';
import { Pictures } from './support/pictures.ts';

const VIEWERS = 200;
const BITS_PER_SECOND = 4_000_000;
const TARGET_RATIO = 1.8;
const GATEWAY = path.join(import.meta.dirname, 'rtsp-fanout/gateway-process.ts');

/** What it costs to hand one stream to many viewers by RTSP over TCP: the gateway's server and sink against C. */
export async function run(): Promise<void> {
  const pictures = new Pictures(BITS_PER_SECOND);
  const sender = new TrackSender(pictures.track, 'bench');
  await compareFanOut({
    name: 'gateway, RTSP',
    gateway: [GATEWAY, String(BITS_PER_SECOND)],
    hello: playRequests(),
    pictures: pictures.group().map((unit) => sender.packetize(unit).bytes),
    viewers: VIEWERS,
    targetRatio: TARGET_RATIO,
  });
}

function playRequests(): string {
  const url = 'rtsp://127.0.0.1/bench';
  const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1';
  return (
    `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n${transport}\r\n\r\n` +
    `PLAY ${url}/ RTSP/1.0\r\nCSeq: 2\r\n\r\n`
  );
}
