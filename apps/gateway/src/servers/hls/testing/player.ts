import { execFile } from 'node:child_process';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

/**
 * Runs a player to its end, without holding up this process, which serves it.
 *
 * @throws {Error} it is missing, with the package to install, it failed, or it did not end.
 */
async function play(command: string, args: readonly string[], aptPackage: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { maxBuffer: MAX_OUTPUT_BYTES, timeout: TIMEOUT_MS };
  execFile(command, args, options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else if (error.code === 'ENOENT')
      reject(new Error(`These tests need ${command}: apt-get install ${aptPackage}`));
    else reject(new Error(`${command} ${args.join(' ')} failed:\n${stderr}`, { cause: error }));
  });
  return promise;
}

/** Pictures that ffmpeg shows of `url`: times in the stream's own time base, and what they look like. */
export async function playByFfmpeg(
  url: string,
  args: readonly string[] = [],
): Promise<{ pts: number; hash: string }[]> {
  const input = ['-hide_banner', '-nostdin', '-v', 'error', '-threads', '1', '-i', url, ...args];
  const output = ['-map', '0:v', '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1'];
  const text = await play('ffmpeg', [...input, ...output], 'ffmpeg');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const fields = line.split(',').map((field) => field.trim());
      return { pts: Number(fields[2]), hash: fields[5] ?? '' };
    });
}

/** How many pictures GStreamer shows of `url`, which must end. */
export async function playByGstreamer(url: string): Promise<number> {
  const text = await play(
    'gst-launch-1.0',
    [
      '-v',
      'souphttpsrc',
      `location=${url}`,
      '!',
      'hlsdemux',
      '!',
      'qtdemux',
      'name=demux',
      'demux.video_0',
    ].concat(['!', 'h264parse', '!', 'avdec_h264', '!', 'fakesink', 'silent=false', 'sync=false']),
    'gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav',
  );
  return text.split('\n').filter((line) => line.includes('last-message = chain')).length;
}
