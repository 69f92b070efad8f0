import type { Link } from '../link.ts';
import { serveAsWorker } from '../worker-child.ts';
import { quietAv } from './av.ts';
import { DemoJob } from './demo/demo-job.ts';
import type { MediaNotices, MediaRequests } from './media-messages.ts';
import { SoundJob } from './sound-job.ts';
import type { SoundTarget } from './sound-target.ts';
import { takeSnapshot } from './snapshot.ts';
import { tryEncoder } from './video/try-encoder.ts';
import { VideoJobs } from './video/video-jobs.ts';

/** The media worker: everything that needs FFmpeg, in a process that may die of it. */
quietAv();

/** What is at work in native code, or may be at any time. */
const running = new Set<Promise<unknown>>();
let lastWorkedOn = '';

const link: Link<MediaRequests, MediaNotices> = serveAsWorker({
  handlers: {
    requests: {
      demo: async ({ channel: number, epochMs }) => {
        const channel = link.joinChannel(number);
        const job = await tracked(DemoJob.open(channel, epochMs));
        void tracked(job.run());
        return { result: null };
      },
      sound: ({ channel, camera, target }) => {
        startSoundJob(channel, camera, target);
        return { result: null };
      },
      tryEncoder: async ({ encoder }) => {
        await tracked(tryEncoder(encoder));
        return { result: null };
      },
      video: (params) => {
        videoJobs.start(params);
        return { result: null };
      },
      rung: (params) => {
        videoJobs.addRung(params);
        return { result: null };
      },
      snapshot: async ({ codec, width }, attachment) => {
        const { jpeg, ...size } = await tracked(takeSnapshot(codec, attachment, width));
        return { result: size, attachment: [jpeg] };
      },
    },
    notices: { forceKey: (video) => videoJobs.forceKey(video) },
  },
  // The exit destroys native objects: none may be at work then.
  cleanUp: async () => {
    await Promise.allSettled(running);
  },
});

const videoJobs = new VideoJobs(link, { workOn, tracked });

function tracked<Result>(work: Promise<Result>): Promise<Result> {
  running.add(work);
  const forget = (): unknown => running.delete(work);
  work.then(forget, forget);
  return work;
}

/** Says whose media is handled now, before a fault in it can kill us. */
function workOn(camera: string): void {
  if (camera !== lastWorkedOn) link.notify('working', camera);
  lastWorkedOn = camera;
}

function startSoundJob(number: number, camera: string, target: SoundTarget): void {
  const attempt = (step: () => void): void => {
    workOn(camera);
    try {
      step();
    } catch (error) {
      job.close();
      channel.close(error instanceof Error ? error.message : String(error));
    }
  };
  const channel = link.joinChannel(number, {
    onTracks: (tracks) => attempt(() => job.setTracks(tracks)),
    onUnit: (unit) => attempt(() => job.transcode(unit)),
    onEnd: () => job.close(),
  });
  const job = new SoundJob(channel, target);
}
