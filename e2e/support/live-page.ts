import type { Page } from 'playwright-core';
import { DEMO_CLOCK } from '@vedette/contract/demo-clock';
import { clockOfRow } from './clock-viewer.ts';

/** A picture that a page has painted. */
export interface PaintedPicture {
  /** Which of the page's `<video>` elements, from 0 in the order they were made. */
  readonly video: number;
  /** When its pixels had been read: ms since the Unix epoch. */
  readonly atMs: number;
  /** When it was handed to the compositor, on the page's own clock: ms since navigation began. */
  readonly pageMs: number;
  /** When the demo camera made it, as burnt into it: ms since the Unix epoch. `undefined`: not to be read. */
  readonly capturedMs: number | undefined;
  readonly width: number;
  readonly height: number;
  /** Brightness of each cell of the demo clock. */
  readonly clock: readonly number[];
}

/** What `RTCPeerConnection.getStats` says of one direction of one medium; names as there. */
export type InboundStats = Readonly<Record<string, number | string>>;

/** What the page has of one `<video>`. */
export interface VideoFigures {
  readonly isWebrtc: boolean;
  readonly totalFrames: number;
  readonly droppedFrames: number;
  readonly currentTime: number;
}

const { left, top, cell, cells, pictureWidth, pictureHeight } = DEMO_CLOCK;

/**
 * Put into a page before anything of its own: sees every `<video>` and every connection that the page makes.
 * Of each painted picture it keeps one pixel from the middle of each cell of the demo clock.
 */
const PROBE = `
globalThis.probe = { videos: [], connections: [], pictures: [], marks: {} };
{
  const { videos, connections, marks } = probe;
  const mark = (name, pageMs = performance.now()) => (marks[name] ??= pageMs);
  // A picture is seen once its element is in the page; the player may have it before.
  const markSeen = (element, pageMs) => {
    if (element.isConnected) mark('first picture seen', pageMs);
    else requestAnimationFrame((now) => markSeen(element, now));
  };
  const canvas = new OffscreenCanvas(${cells}, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  const readClock = (source) => {
    const x = source.videoWidth / ${pictureWidth};
    const y = source.videoHeight / ${pictureHeight};
    context.drawImage(source, ${left} * x, ${top} * y, ${cells * cell} * x, ${cell} * y, 0, 0, ${cells}, 1);
    const { data } = context.getImageData(0, 0, ${cells}, 1);
    return Array.from({ length: ${cells} }, (_, index) => data[4 * index + 1]);
  };
  const watch = (element) => {
    const video = videos.push(element) - 1;
    const painted = (pageMs, { width, height }) => {
      element.requestVideoFrameCallback(painted);
      // It is the next picture, of another size, that would be read, as if it had this one's.
      if (width !== element.videoWidth || height !== element.videoHeight) return;
      if (marks['first picture'] === undefined) {
        mark('first picture', pageMs);
        markSeen(element, pageMs);
      }
      const clock = readClock(element);
      const atMs = performance.timeOrigin + performance.now();
      probe.pictures.push({ video, pageMs, atMs, width, height, clock });
    };
    element.requestVideoFrameCallback(painted);
  };
  const createElement = Document.prototype.createElement;
  Document.prototype.createElement = function (name, ...rest) {
    const element = createElement.call(this, name, ...rest);
    if (element instanceof HTMLVideoElement) watch(element);
    return element;
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      connections.push(this);
      mark('connection made');
      this.addEventListener('iceconnectionstatechange', () => mark('ICE ' + this.iceConnectionState));
      this.addEventListener('connectionstatechange', () => mark('DTLS ' + this.connectionState));
      this.addEventListener('track', ({ track }) => {
        if (track.kind === 'video') track.addEventListener('unmute', () => mark('first packet'));
      });
    }
    async setLocalDescription(...options) {
      await super.setLocalDescription(...options);
      mark('offer made');
    }
  };
}`;

/** A page of the dashboard, looked at from inside. */
export class LivePage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, and requests without an answer, as they came. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** Opens `url` on a page that has nothing of the site yet. Does not wait for pictures. */
  static async open(page: Page, url: string): Promise<LivePage> {
    const live = new LivePage(page);
    await page.addInitScript(PROBE);
    await page.goto(url, { waitUntil: 'commit' });
    return live;
  }

  /** Pictures painted since the call before. */
  async pictures(): Promise<PaintedPicture[]> {
    const raw = await this.page.evaluate<Omit<PaintedPicture, 'capturedMs'>[]>('probe.pictures.splice(0)');
    return raw.map((picture) => ({ ...picture, capturedMs: clockOfRow(picture.clock) }));
  }

  /** Of what comes in by the newest connection; `undefined`: nothing of that kind yet. */
  async inbound(kind: 'video' | 'audio'): Promise<InboundStats | undefined> {
    return this.page.evaluate<InboundStats | undefined>(`(async () => {
      const report = await probe.connections.at(-1)?.getStats();
      return [...(report?.values() ?? [])].find((s) => s.type === 'inbound-rtp' && s.kind === '${kind}');
    })()`);
  }

  /** Of each `<video>` that the page has made, in that order. */
  async videos(): Promise<VideoFigures[]> {
    return this.page.evaluate<VideoFigures[]>(`probe.videos.map((video) => {
      const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
      const { currentTime, srcObject } = video;
      return { isWebrtc: srcObject !== null, totalFrames: totalVideoFrames, droppedFrames: droppedVideoFrames, currentTime };
    })`);
  }

  /**
   * What happened when, in ms since navigation began: marks of the probe, and the first answer to each kind of
   * request, by the end of its address.
   */
  async timeline(): Promise<Readonly<Record<string, number>>> {
    return this.page.evaluate<Record<string, number>>(`(() => {
      const times = { ...probe.marks };
      for (const { name, responseEnd, requestStart } of performance.getEntries()) {
        if (responseEnd === undefined || responseEnd === 0) continue;
        const [, file = 'page'] = /([^/]*)$/.exec(new URL(name, location).pathname);
        const kind = file.replace(/-[\\w-]{8}(?=\\.)/, '').replace(/\\d+/g, 'N');
        times[kind + ' asked'] ??= requestStart;
        times[kind + ' here'] ??= responseEnd;
      }
      return times;
    })()`);
  }

  /** State of the camera as the page shows it, such as `live`; `undefined` before there is a viewer. */
  async state(): Promise<string | undefined> {
    return (await this.page.locator('[data-viewer]').first().getAttribute('data-state')) ?? undefined;
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
