// A server and sink as the gateway has them, in a process of their own, with one camera. Speaks like
// peers/tcp-fanout.c: a line with its port, then its totals for each line on standard input.
import { createInterface } from 'node:readline';
import { OPEN_DOOR } from '../../../apps/gateway/src/access/door.ts';
import { CameraSet } from '../../../apps/gateway/src/cameras/camera-set.ts';
import { silentLogger } from '../../../apps/gateway/src/observability/logger.ts';
import { endlessViewing } from '../../../apps/gateway/src/servers/http/endless-viewing.ts';
import { OPEN_HTTP_ACCESS } from '../../../apps/gateway/src/servers/http/http-access.ts';
import { HttpServer } from '../../../apps/gateway/src/servers/http/http-server.ts';
import { MseServer } from '../../../apps/gateway/src/servers/mse/mse-server.ts';
import { RtmpServer } from '../../../apps/gateway/src/servers/rtmp/rtmp-server.ts';
import { SessionRegistry } from '../../../apps/gateway/src/sessions/session-registry.ts';
import { createFlvSinks, FLV_CARRIAGE } from '../../../apps/gateway/src/sinks/flv/flv-sinks.ts';
import { MseSinks } from '../../../apps/gateway/src/sinks/mse/mse-sinks.ts';
import { RtmpSinks } from '../../../apps/gateway/src/sinks/rtmp/rtmp-format.ts';
import { FRAMES_PER_SECOND, Pictures } from '../support/pictures.ts';

const [protocol = '', bitsPerSecond] = process.argv.slice(2);
const cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
await cameras.apply({ autoCreate: true, byId: {} });
const pictures = new Pictures(Number(bitsPerSecond));
const published = cameras.publish({
  cameraId: 'bench',
  tracks: [pictures.track],
  onRevoked: () => undefined,
});
if (!published.ok) throw new Error(published.message);
const sessions = new SessionRegistry({ started: () => undefined, ended: () => undefined });

/** Starts the server of a protocol and answers its port. */
const SERVERS: Readonly<Record<string, () => Promise<number>>> = {
  rtmp: async () => {
    const sinks = new RtmpSinks();
    const server = new RtmpServer({
      door: OPEN_DOOR,
      ...{ host: '127.0.0.1', port: 0, cameras, sessions, logger: silentLogger },
      fit: (stream) => stream,
      openViewer: (stream, codecs, outlet, onEnd) => sinks.open(stream, codecs, outlet, onEnd),
      openPublisher: () => {
        throw new Error('nobody publishes here');
      },
    });
    return (await server.listen()).port;
  },
  mse: async () => {
    const http = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      allowedOrigins: [],
      access: OPEN_HTTP_ACCESS,
      logger: silentLogger,
    });
    await http.prepare();
    const sinks = new MseSinks();
    const server = new MseServer({
      ...{
        server: http.app.server,
        allowedOrigins: [],
        access: OPEN_HTTP_ACCESS,
        cameras,
        sessions,
        logger: silentLogger,
      },
      fitter: { fit: (stream) => stream },
      rungs: () => [],
      openViewer: (stream, quality, outlet, onEnd) => sinks.open(stream, quality, outlet, onEnd),
    });
    server.start();
    return Number(new URL(await http.listen()).port);
  },
  flv: async () => {
    const server = new HttpServer({
      host: '127.0.0.1',
      port: 0,
      allowedOrigins: [],
      access: OPEN_HTTP_ACCESS,
      logger: silentLogger,
    });
    await server.prepare();
    const sinks = createFlvSinks();
    await server.app.register(
      endlessViewing({
        ...{
          cameras,
          sessions,
          access: OPEN_HTTP_ACCESS,
          protocol: 'flv',
          contentType: 'video/x-flv',
          carriage: FLV_CARRIAGE,
        },
        way: () => ({ fit: (stream) => stream, sinks }),
        paths: ['/live/:camera.flv'],
      }),
    );
    return Number(new URL(await server.listen()).port);
  },
};

const port = await SERVERS[protocol]?.();
console.log(JSON.stringify({ port }));

const startMs = performance.now();
let index = 0;
setInterval(() => {
  const due = ((performance.now() - startMs) * FRAMES_PER_SECOND) / 1000;
  for (; index < due; index += 1) published.feed.write(pictures.at(index));
}, 1000 / FRAMES_PER_SECOND);

for await (const line of createInterface(process.stdin)) {
  if (line === '') continue;
  const { user, system } = process.cpuUsage();
  let bytes = 0;
  let dropped = 0;
  for (const { owner } of sessions.list()) {
    const totals = owner.totals();
    bytes += totals.bytes;
    dropped += totals.dropped;
  }
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, bytes, dropped }));
}
process.exit(0);
