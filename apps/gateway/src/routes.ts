import path from 'node:path';
import { cameraRoutes, sessionRoutes } from './api/api-routes.ts';
import { healthRoutes } from './api/health-routes.ts';
import { registerOpenApi } from './api/openapi-routes.ts';
import { pushRoutes } from './api/push-routes.ts';
import { serverRoutes } from './api/server-routes.ts';
import type { Parts } from './parts.ts';
import { hlsRoutes } from './servers/hls/hls-routes.ts';
import { dashboardRoutes } from './servers/http/dashboard-routes.ts';
import { mseRoutes } from './servers/mse/mse-routes.ts';
import { snapshotRoutes } from './servers/http/snapshot-routes.ts';
import { switchedOffRoutes, type SwitchedOff } from './servers/http/switched-off-routes.ts';
import type { WebrtcService } from './sinks/webrtc/webrtc-service.ts';
import { whepRoutes } from './sinks/webrtc/whep-routes.ts';
import { version } from './version.ts';

const DASHBOARD_FOLDER = path.resolve(import.meta.dirname, '../../dashboard/dist');

/** What players are told where there is no WebRTC. */
const WHEP_OFF: SwitchedOff = {
  method: 'POST',
  url: '/live/:id/whep',
  code: 'ERR_WEBRTC_OFF',
  name: 'WebRTC',
};

/** Every route, in the order of the API document. */
export async function addRoutes({
  http,
  cameras,
  sessions,
  metrics,
  snapshots,
  pushes,
  rtsp,
  webrtc,
  hls,
}: Parts): Promise<void> {
  await http.prepare();
  await registerOpenApi(http.app, version);
  await http.app.register(serverRoutes(() => ({ version, rtspPort: rtsp?.port ?? null })));
  await http.app.register(cameraRoutes({ cameras, sessions }));
  await http.app.register(pushRoutes({ cameras, pushes }));
  await http.app.register(sessionRoutes({ sessions }));
  await http.app.register(webrtc === undefined ? switchedOffRoutes(WHEP_OFF) : whepRoutes(webrtc, cameras));
  if (hls !== undefined) await http.app.register(hlsRoutes({ cameras, sessions, output: hls }));
  await http.app.register(mseRoutes());
  await http.app.register(snapshotRoutes(snapshots, cameras));
  await http.app.register(healthRoutes({ metrics, unready: () => unready(webrtc) }));
  await dashboardRoutes(DASHBOARD_FOLDER)(http.app);
}

/** What viewers would miss now. */
function unready(webrtc: WebrtcService | undefined): string[] {
  const isDown = webrtc?.reports.some(({ running }) => running === 0) ?? false;
  return isDown ? ['a WebRTC worker is not running'] : [];
}
