import type { Link } from '../link.ts';
import { serveAsWorker } from '../worker-child.ts';
import { quietAv } from './av.ts';
import { DemoJob } from './demo/demo-job.ts';
import type { MediaNotices, MediaRequests } from './media-messages.ts';
import { OpusJob } from './opus-job.ts';
import { takeSnapshot } from './snapshot.ts';

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
      toOpus: ({ channel, camera }) => {
        startOpusJob(channel, camera);
        return { result: null };
      },
      snapshot: async ({ codec, width }, attachment) => {
        const { jpeg, ...size } = await tracked(takeSnapshot(codec, attachment, width));
        return { result: size, attachment: [jpeg] };
      },
    },
    notices: {},
  },
  // The exit destroys native objects: none may be at work then.
  cleanUp: async () => {
    await Promise.allSettled(running);
  },
});

function tracked<Result>(work: Promise<Result>): Promise<Result> {
  running.add(work);
  const forget = (): unknown => running.delete(work);
  work.then(forget, forget);
  return work;
}

function startOpusJob(number: number, camera: string): void {
  const attempt = (step: () => void): void => {
    if (camera !== lastWorkedOn) link.notify('working', camera);
    lastWorkedOn = camera;
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
  const job = new OpusJob(channel);
}
