// The RTSP server and sink as the gateway has them, in a process of their own, with one camera. Speaks
// like peers/tcp-fanout.c: a line with its port, then its totals for each line on standard input.
import { createInterface } from 'node:readline';
import { OPEN_DOOR } from '../../../apps/gateway/src/access/door.ts';
import { CameraSet } from '../../../apps/gateway/src/cameras/camera-set.ts';
import { silentLogger } from '../../../apps/gateway/src/observability/logger.ts';
import { RtspServer } from '../../../apps/gateway/src/servers/rtsp/rtsp-server.ts';
import { SessionRegistry } from '../../../apps/gateway/src/sessions/session-registry.ts';
import { RtspSinks } from '../../../apps/gateway/src/sinks/rtsp/rtsp-sinks.ts';
import { FRAMES_PER_SECOND, Pictures } from '../support/pictures.ts';

const cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
await cameras.apply({ autoCreate: true, byId: {} });
const pictures = new Pictures(Number(process.argv[2]));
const published = cameras.publish({
  cameraId: 'bench',
  tracks: [pictures.track],
  onRevoked: () => undefined,
});
if (!published.ok) throw new Error(published.message);

const sessions = new SessionRegistry({ started: () => undefined, ended: () => undefined });
const sinks = new RtspSinks();
const server = new RtspServer({
  door: OPEN_DOOR,
  host: '127.0.0.1',
  port: 0,
  cameras,
  sessions,
  logger: silentLogger,
  openViewer: (stream, onEnd) => sinks.open(stream, onEnd),
  openPublisher: () => {
    throw new Error('nobody publishes here');
  },
});
const { port } = await server.listen();
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
