// A hundred cameras in one process: the clip of argv[2], looped, as cam0 … by RTSP. Prints a line with its port.
import { AnnexBPictureSplitter, createVideoAssembler, type AccessUnit } from '@vedette/media';
import { readFileSync } from 'node:fs';
import { OPEN_DOOR } from '../../../apps/gateway/src/access/door.ts';
import { CameraSet } from '../../../apps/gateway/src/cameras/camera-set.ts';
import { silentLogger } from '../../../apps/gateway/src/observability/logger.ts';
import { RtspServer } from '../../../apps/gateway/src/servers/rtsp/rtsp-server.ts';
import { SessionRegistry } from '../../../apps/gateway/src/sessions/session-registry.ts';
import { RtspSinks } from '../../../apps/gateway/src/sinks/rtsp/rtsp-sinks.ts';

const FRAMES_PER_SECOND = 25;
const TICKS_PER_FRAME = 3600;

const [, , clip = '', count = '0'] = process.argv;
const splitter = new AnnexBPictureSplitter('h264');
const assembler = createVideoAssembler('h264', 0, 90_000);
const pictures = [...splitter.push(readFileSync(clip)), ...splitter.flush()];
const units = pictures.flatMap((nals, index) => assembler.push(nals, index * TICKS_PER_FRAME) ?? []);
const track = units[0]?.track;
if (track === undefined) throw new Error(`${clip} holds no picture`);

const cameras = new CameraSet({ logger: silentLogger, createSource: () => undefined });
await cameras.apply({ autoCreate: true, byId: {} });
const feeds = Array.from({ length: Number(count) }, (_, index) => {
  const answer = cameras.publish({ cameraId: `cam${index}`, tracks: [track], onRevoked: () => undefined });
  if (!answer.ok) throw new Error(answer.message);
  return answer.feed;
});

const sinks = new RtspSinks();
const server = new RtspServer({
  door: OPEN_DOOR,
  host: '127.0.0.1',
  port: 0,
  cameras,
  sessions: new SessionRegistry({ started: () => undefined, ended: () => undefined }),
  logger: silentLogger,
  openViewer: (stream, onEnd) => sinks.open(stream, onEnd),
  openPublisher: () => {
    throw new Error('nobody publishes here');
  },
});
const { port } = await server.listen();
console.log(JSON.stringify({ port }));

/** Picture `index` of a clip that never ends. */
function pictureAt(index: number): AccessUnit {
  const unit = units[index % units.length];
  if (unit === undefined) throw new Error('no picture');
  const pts = index * TICKS_PER_FRAME;
  return { ...unit, track: unit.track, pts, dts: pts };
}

// Each camera has its own place within the frame's 40 ms, as cameras that nobody synchronizes do.
const startMs = performance.now();
const sent = feeds.map(() => 0);
setInterval(() => {
  const elapsedFrames = ((performance.now() - startMs) * FRAMES_PER_SECOND) / 1000;
  for (const [camera, feed] of feeds.entries()) {
    const due = elapsedFrames - camera / feeds.length;
    for (let index = sent[camera] ?? 0; index < due; index += 1) {
      feed.write(pictureAt(index));
      sent[camera] = index + 1;
    }
  }
}, 5);

process.stdin.resume().on('end', () => process.exit(0));
