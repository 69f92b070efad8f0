import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface PublishOptions {
  /** `rtsp://host:port/CAM` */
  readonly url: string;
  /** MP4 with H.264. */
  readonly videoFile: string;
  /** MP4 with AAC. */
  readonly audioFile?: string;
  /** Begin again at the end, without end; ffmpeg only. */
  readonly isLooped?: boolean;
}

/** A program that publishes files to a camera, in real time. */
export interface PublishingPeer {
  readonly pid: number;
  /** Whether it has ended, refused or at the end of its files. */
  readonly hasEnded: boolean;
  /** Ends it at once. Safe to call twice. */
  close(): Promise<void>;
}

/** Publishes with the ffmpeg command, as people do. */
export function publishByFfmpeg(
  { url, videoFile, audioFile, isLooped = false }: PublishOptions,
  transport: 'tcp' | 'udp',
): PublishingPeer {
  const inputs = [videoFile, ...(audioFile === undefined ? [] : [audioFile])];
  return started('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error'],
    ...inputs.flatMap((file) => ['-re', ...(isLooped ? ['-stream_loop', '-1'] : []), '-i', file]),
    ...inputs.flatMap((_, index) => ['-map', String(index)]),
    ...['-c', 'copy', '-f', 'rtsp', '-rtsp_transport', transport, url],
  ]);
}

/** Publishes with GStreamer's rtspclientsink. */
export function publishByGstreamer({ url, videoFile, audioFile }: PublishOptions): PublishingPeer {
  const sound =
    audioFile === undefined
      ? []
      : ['filesrc', `location=${audioFile}`, '!', 'qtdemux', '!', 'aacparse', '!', 'sink.sink_1'];
  return started('gst-launch-1.0', [
    ...['rtspclientsink', 'name=sink', `location=${url}`, 'protocols=tcp'],
    ...['filesrc', `location=${videoFile}`, '!', 'qtdemux', '!', 'h264parse', '!', 'sink.sink_0'],
    ...sound,
  ]);
}

function started(command: string, args: readonly string[]): PublishingPeer {
  const child: ChildProcess = spawn(command, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`these tests need ${command}`);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    get hasEnded() {
      return hasEnded();
    },
    close: async () => {
      if (!hasEnded()) child.kill('SIGKILL');
      await exited;
    },
  };
}
