import type { Channel } from '../../channel.ts';
import { type Link, LinkError } from '../../link.ts';
import type { MediaNotices, MediaRequests } from '../media-messages.ts';
import { VideoJob } from './video-job.ts';

export interface VideoJobsOptions {
  /** Says whose media is handled now, before a fault in it can kill the worker. */
  readonly workOn: (camera: string) => void;
  /** Native work is under way until the promise settles: the process must not exit meanwhile. */
  readonly tracked: (work: Promise<unknown>) => unknown;
}

const SKIPPED_INTERVAL_MS = 1000;

/** The video jobs of a worker, by the number of their channel. */
export class VideoJobs {
  readonly #link: Link<MediaRequests, MediaNotices>;
  readonly #options: VideoJobsOptions;
  readonly #jobs = new Map<number, VideoJob>();
  readonly #skipped = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(link: Link<MediaRequests, MediaNotices>, options: VideoJobsOptions) {
    this.#link = link;
    this.#options = options;
  }

  start({ channel: number, camera, liveFromPts }: MediaRequests['requests']['video']['params']): void {
    const channel: Channel = this.#link.joinChannel(number, {
      onTracks: (tracks) => job.setTracks(tracks),
      onUnit: (unit) => job.push(unit),
      onEnd: () => {
        this.#jobs.delete(number);
        this.#options.tracked(job.close());
      },
    });
    const job = new VideoJob(channel, {
      liveFromPts,
      onWork: () => this.#options.workOn(camera),
      onSkipped: (pictures) => this.#count(camera, pictures),
      tracked: this.#options.tracked,
    });
    this.#jobs.set(number, job);
  }

  /** @throws {LinkError} `ERR_MEDIA`: there is no such job. */
  addRung({ video, channel: number, order }: MediaRequests['requests']['rung']['params']): void {
    const job = this.#jobs.get(video);
    if (job === undefined) throw new LinkError('ERR_MEDIA', 'a rung of no job');
    const channel: Channel = this.#link.joinChannel(number, {
      onEnd: () => this.#options.tracked(job.removeRung(channel)),
    });
    job.addRung(channel, order);
  }

  forceKey(video: number): void {
    this.#jobs.get(video)?.forceKey();
  }

  #count(camera: string, pictures: number): void {
    this.#skipped.set(camera, (this.#skipped.get(camera) ?? 0) + pictures);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const [name, count] of this.#skipped)
        this.#link.notify('skipped', { camera: name, pictures: count });
      this.#skipped.clear();
    }, SKIPPED_INTERVAL_MS).unref();
  }
}
