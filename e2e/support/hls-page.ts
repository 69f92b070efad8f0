import type { Page } from 'playwright-core';
import assert from 'node:assert/strict';
import path from 'node:path';
import { until } from './until.ts';

const HLS_JS = path.resolve(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js');

/** What the page knows of its player. */
export interface HlsPlayback {
  /** From the first request to the first picture, ms. */
  readonly firstPictureMs: number | null;
  readonly pictures: number;
  readonly dropped: number;
  readonly width: number;
  /** Between the capture of what is shown and now, s. */
  readonly latency: number | null;
  /** The latency that the player aims at, s. */
  readonly targetLatency: number | null;
  /** What ended the player. */
  readonly fatal: readonly string[];
}

/** hls.js with low latency, in a page with nothing else. */
const PLAYER = `
globalThis.player = {
  fatal: [],
  firstPictureMs: null,
  play(url) {
    const startMs = performance.now();
    const video = (this.video = document.createElement('video'));
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    document.body.append(video);
    video.requestVideoFrameCallback(() => (this.firstPictureMs = performance.now() - startMs));
    this.hls = new Hls({ lowLatencyMode: true });
    this.hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => fatal && this.fatal.push(details));
    this.hls.loadSource(url);
    this.hls.attachMedia(video);
  },
  look() {
    const { totalVideoFrames, droppedVideoFrames } = this.video.getVideoPlaybackQuality();
    const shown = this.hls.playingDate;
    return {
      firstPictureMs: this.firstPictureMs,
      pictures: totalVideoFrames,
      dropped: droppedVideoFrames,
      width: this.video.videoWidth,
      latency: shown === null ? null : (Date.now() - shown.getTime()) / 1000,
      targetLatency: this.hls.targetLatency,
      fatal: this.fatal,
    };
  },
};`;

/** A page of `site` on which hls.js plays `url`. */
export class HlsPage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page, site: string, url: string): Promise<HlsPage> {
    const body = '<!doctype html><title>HLS</title>';
    await page.route('**/player.html', async (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto(`${site}/player.html`);
    await page.addScriptTag({ path: HLS_JS });
    await page.addScriptTag({ content: PLAYER });
    await page.evaluate(`player.play(${JSON.stringify(url)})`);
    return new HlsPage(page);
  }

  /** @throws {AssertionError} the player has given up. */
  async look(): Promise<HlsPlayback> {
    const playback = await this.#page.evaluate<HlsPlayback>('player.look()');
    assert.deepEqual(playback.fatal, []);
    return playback;
  }

  /** Waits until `count` further pictures were shown. */
  async plays(count: number): Promise<HlsPlayback> {
    const { pictures } = await this.look();
    await until(async () => (await this.look()).pictures >= pictures + count, { what: `${count} pictures` });
    return this.look();
  }
}
