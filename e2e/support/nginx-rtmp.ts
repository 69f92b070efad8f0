import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './until.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** An RTMP server of somebody else. */
export interface NginxRtmp {
  /** `rtmp://127.0.0.1:PORT/live` */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts nginx with its RTMP module, on a port of 127.0.0.1 that was free a moment ago. */
export async function startNginxRtmp(): Promise<NginxRtmp> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-nginx-'));
  const port = await freePort();
  const config = path.join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `load_module ${MODULE};
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
rtmp { server { listen 127.0.0.1:${port}; application live { live on; } } }
`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', config], { stdio: 'ignore' });
  const missing = once(child, 'error').then(() => {
    throw new Error('these tests need nginx with RTMP: apt-get install libnginx-mod-rtmp');
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await Promise.race([missing, until(() => answers(port))]);
  return {
    url: `rtmp://127.0.0.1:${port}/live`,
    close: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}
