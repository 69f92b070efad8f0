import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { audioFootage, videoFootage, videoTrackOf, type AudioCodec, type Sound } from './footage.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

const SCRIPT = path.join(import.meta.dirname, 'camera.py');
/** The distribution's Python has GStreamer's bindings; one from elsewhere has not. */
const PYTHON = '/usr/bin/python3';
const NEEDS =
  'needs the distribution packages python3-gi, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-base, -good, -bad and ffmpeg';

export interface GstCameraOptions {
  /** Default `h264`; `none` for a camera with sound only. */
  readonly video?: 'h264' | 'h265' | 'none';
  readonly audio?: AudioCodec;
  /** Default `tone`. */
  readonly sound?: Sound;
  /** Default 320 × 240. */
  readonly width?: number;
  readonly height?: number;
  /** Default 25. */
  readonly fps?: number;
  /** Pictures from one key frame to the next. Default: one second. */
  readonly gop?: number;
  /** B-frames between two references. Default 0. */
  readonly bframes?: number;
  /** Default 500. */
  readonly bitrateKbps?: number;
  /** How long the camera has something to send to each viewer. Default 60. */
  readonly seconds?: number;
  /** Plays the first video track of this file instead of a test picture; it must be coded as `video` says. */
  readonly file?: string;
  readonly user?: string;
  readonly password?: string;
  /** Default `basic`. */
  readonly auth?: 'basic' | 'digest';
  /** RTSP over TLS with a self-signed certificate. */
  readonly tls?: boolean;
  /** The only transport on offer; default both. */
  readonly transport?: 'tcp' | 'udp';
  /** All viewers see the same moment, as with a real camera; default: each starts at the first picture. */
  readonly isShared?: boolean;
  /** Default: a free one. For a camera that comes back where it was. */
  readonly port?: number;
  /** Default `/camera`. */
  readonly path?: string;
  /** Largest RTP packet. Default 1400. */
  readonly mtu?: number;
}

/** A real RTSP camera in a process of its own. */
export interface GstCamera {
  /** With user and password, where it has them. */
  readonly url: string;
  readonly port: number;
  /** Files it plays, for comparing what arrives with what was sent. */
  readonly videoFile: string | undefined;
  readonly audioFile: string | undefined;
  /** PEM, with `tls`. */
  readonly certificate: string | undefined;
  /** Stops it in the middle of everything: connections stay open, nothing is sent. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as when its power is cut. */
  kill(): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a camera on a free port of 127.0.0.1 and waits until it listens.
 *
 * @throws {Error} It cannot be started; the message names the packages it needs.
 */
export async function startGstCamera(options: GstCameraOptions = {}): Promise<GstCamera> {
  const mount = options.path ?? '/camera';
  const media = await mediaSettings(options);
  const certificate = options.tls === true ? await selfSignedCertificate() : undefined;
  const settings = {
    ...media,
    ...credentials(options),
    certificate: certificate?.certFile,
    key: certificate?.keyFile,
    transport: options.transport,
    shared: options.isShared,
    port: options.port,
    path: mount,
    mtu: options.mtu,
  };
  const child = spawn(PYTHON, [SCRIPT, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const port = await listeningPort(child);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    url: `${certificate === undefined ? 'rtsp' : 'rtsps'}://${userInfo(options)}127.0.0.1:${port}${mount}`,
    port,
    videoFile: media.videoFile,
    audioFile: media.audioFile,
    certificate: certificate?.pem,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    close: kill,
  };
}

interface MediaSettings {
  video?: 'h264' | 'h265';
  videoFile?: string;
  audio?: AudioCodec;
  audioFile?: string;
}

async function mediaSettings(options: GstCameraOptions): Promise<MediaSettings> {
  const { video = 'h264', audio, seconds = 60, sound } = options;
  return {
    ...(video === 'none' ? {} : { video, videoFile: await videoOf(video, options) }),
    ...(audio === undefined ? {} : { audio, audioFile: await audioFootage(audio, seconds, sound) }),
  };
}

function credentials({ user, password = '', auth = 'basic' }: GstCameraOptions) {
  return user === undefined ? {} : { user, password, auth };
}

function userInfo({ user, password = '' }: GstCameraOptions): string {
  return user === undefined ? '' : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
}

async function videoOf(video: 'h264' | 'h265', options: GstCameraOptions): Promise<string> {
  if (options.file !== undefined) return videoTrackOf(options.file);
  const { width = 320, height = 240, fps = 25, bframes = 0, seconds = 60, bitrateKbps = 500 } = options;
  return videoFootage({ video, width, height, fps, gop: options.gop ?? fps, bframes, seconds, bitrateKbps });
}

async function listeningPort(child: ChildProcess): Promise<number> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the camera has no pipes');
  let complaint = '';
  stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-4000)));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => reject(new Error(`the test camera ${NEEDS}`, { cause })));
    child.once('exit', () => reject(new Error(`the test camera did not start; it ${NEEDS}\n${complaint}`)));
  });
  const first = once(createInterface(stdout), 'line') as Promise<[string]>;
  const [line] = await Promise.race([first, failed]);
  failed.catch(() => undefined); // it will end some day, and that is no failure
  return (JSON.parse(line) as { port: number }).port;
}
