// WebRTC as the gateway has it, with its worker, in a process of its own and with one camera. Prints its
// port, then its totals, the worker's CPU time in them, for each line on standard input.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CameraSet } from '../../../apps/gateway/src/cameras/camera-set.ts';
import { silentLogger } from '../../../apps/gateway/src/observability/logger.ts';
import { OPEN_HTTP_ACCESS } from '../../../apps/gateway/src/servers/http/http-access.ts';
import { HttpServer } from '../../../apps/gateway/src/servers/http/http-server.ts';
import { SessionRegistry } from '../../../apps/gateway/src/sessions/session-registry.ts';
import { WebrtcService } from '../../../apps/gateway/src/sinks/webrtc/webrtc-service.ts';
import { whepRoutes } from '../../../apps/gateway/src/sinks/webrtc/whep-routes.ts';
import { FRAMES_PER_SECOND, Pictures } from '../support/pictures.ts';

/** Linux counts processes' CPU time in these (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

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
const webrtc = new WebrtcService({
  host: '127.0.0.1',
  port: 0,
  workers: 1,
  announcedAddresses: [],
  playoutDelay: { minMs: 0, maxMs: 0 },
  iceServers: [],
  sessions,
  logger: silentLogger,
});
await webrtc.start();
const http = new HttpServer({
  host: '127.0.0.1',
  port: 0,
  allowedOrigins: [],
  access: OPEN_HTTP_ACCESS,
  logger: silentLogger,
});
await http.prepare();
await http.app.register(whepRoutes({ service: webrtc, cameras, access: OPEN_HTTP_ACCESS }));
console.log(JSON.stringify({ port: Number(new URL(await http.listen()).port) }));

const startMs = performance.now();
let index = 0;
setInterval(() => {
  const due = ((performance.now() - startMs) * FRAMES_PER_SECOND) / 1000;
  for (; index < due; index += 1) published.feed.write(pictures.at(index));
}, 1000 / FRAMES_PER_SECOND);

/** User and system time of another process, in seconds (proc(5), fields 14 and 15 of `stat`). */
function cpuSecondsOf(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '';
  const [user = 0, system = 0] = afterName.split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

for await (const line of createInterface(process.stdin)) {
  if (line === '') continue;
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  const workers = webrtc.pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  let bytes = 0;
  let dropped = 0;
  for (const { owner } of sessions.list()) {
    const totals = owner.totals();
    bytes += totals.bytes;
    dropped += totals.dropped;
  }
  console.log(JSON.stringify({ cpuSeconds: own + workers, bytes, dropped }));
}
await webrtc.close();
process.exit(0);
