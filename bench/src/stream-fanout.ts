import path from 'node:path';
import { serializeAmf0, type Amf0Value } from '@vedette/media';
import { serializeRtmpMessage } from '@vedette/protocols';
import type { WireFormat } from '../../apps/gateway/src/sinks/fanout.ts';
import { FlvFormat } from '../../apps/gateway/src/sinks/flv/flv-sinks.ts';
import { MseFormat } from '../../apps/gateway/src/sinks/mse/mse-format.ts';
import { RtmpFormat } from '../../apps/gateway/src/sinks/rtmp/rtmp-format.ts';
import { compareFanOut } from './support/fan-out.ts';
import { Pictures } from './support/pictures.ts';

const VIEWERS = 200;
const BITS_PER_SECOND = 4_000_000;
const TARGET_RATIO = 2;
const GATEWAY = path.join(import.meta.dirname, 'stream-fanout/gateway-process.ts');

/** The protocols that are byte streams over TCP. */
const PROTOCOLS: readonly {
  readonly name: string;
  readonly format: WireFormat;
  readonly hello: string | Uint8Array;
}[] = [
  { name: 'rtmp', format: new RtmpFormat(), hello: rtmpHello() },
  { name: 'mse', format: new MseFormat('source'), hello: webSocketHello() },
  { name: 'flv', format: new FlvFormat(), hello: 'GET /live/bench.flv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' },
];

/** What it costs to hand one stream to many viewers by each of them: the gateway's server and sink against C. */
export async function run(): Promise<void> {
  for (const { name, format, hello } of PROTOCOLS) {
    const pictures = new Pictures(BITS_PER_SECOND);
    format.header([pictures.track]);
    await compareFanOut({
      name: `gateway, ${name}`,
      gateway: [GATEWAY, name, String(BITS_PER_SECOND)],
      hello,
      pictures: pictures.group().map((unit) => format.unit(unit) ?? Buffer.alloc(0)),
      viewers: VIEWERS,
      targetRatio: TARGET_RATIO,
    });
  }
}

/** The upgrade of RFC 6455 §4.1. */
function webSocketHello(): string {
  return [
    'GET /live/bench/mse HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
}

/** Handshake and commands of a player that waits for no answer. */
function rtmpHello(): Uint8Array {
  const command = (...values: readonly Amf0Value[]): Uint8Array => {
    const payload = serializeAmf0(values);
    return serializeRtmpMessage(
      { chunkStreamId: 3, type: 20, streamId: 0, timestamp: 0, body: [payload], length: payload.length },
      128,
    );
  };
  return Buffer.concat([
    Buffer.of(3),
    Buffer.alloc(2 * 1536),
    command('connect', 1, { app: 'live' }),
    command('createStream', 2, null),
    command('play', 3, null, 'bench'),
  ]);
}
