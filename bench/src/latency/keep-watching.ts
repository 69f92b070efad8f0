import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A viewer that decodes nothing, so that the camera goes on. @returns ends it. */
export function keepWatching(url: string): () => Promise<void> {
  const transport = url.startsWith('rtsp:') ? ['-rtsp_transport', 'tcp'] : [];
  const child = spawn(
    'ffmpeg',
    ['-nostdin', '-loglevel', 'fatal', ...transport, '-i', url, '-c', 'copy', '-f', 'null', '-'],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}
