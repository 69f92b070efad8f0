import type { Page } from 'playwright-core';

/** One decoded picture on the page. */
export interface ShownPicture {
  readonly rtpTimestamp: number;
  /** When it was shown: ms since the Unix epoch. */
  readonly atMs: number;
}

export interface WhepOutcome {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

export type InboundStats = Readonly<Record<string, number>> & {
  /** `video/H264`, … */
  readonly mimeType: string;
};

/** What `RTCPeerConnection.getStats` says of what comes in; names as there. */
export interface WhepStats {
  readonly video: InboundStats | null;
  readonly audio: InboundStats | null;
  readonly srtpCipher: string;
}

export interface PlayOptions {
  /** Default: pictures and sound. */
  readonly audio?: boolean;
  /** UDP port of a relay to go through. */
  readonly through?: number;
}

/** A WHEP player in plain JavaScript, as small as it can be. */
const PLAYER = `
globalThis.whep = {
  pictures: [],
  async play(url, { audio = true, through } = {}) {
    const pc = (this.pc = new RTCPeerConnection());
    pc.addTransceiver('video', { direction: 'recvonly' });
    if (audio) pc.addTransceiver('audio', { direction: 'recvonly' });
    const media = new MediaStream();
    const video = (this.video = document.createElement('video'));
    Object.assign(video, { muted: false, autoplay: true, playsInline: true, srcObject: media });
    document.body.append(video);
    pc.ontrack = ({ track }) => media.addTrack(track);
    const shown = (now, { rtpTimestamp }) => {
      this.pictures.push({ rtpTimestamp, atMs: performance.timeOrigin + performance.now() });
      video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    await pc.setLocalDescription();
    const body = pc.localDescription.sdp;
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body });
    let answer = await response.text();
    if (through !== undefined) answer = answer.replace(/(127\\.0\\.0\\.1) \\d+ typ host/, '$1 ' + through + ' typ host');
    if (response.status === 201) await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    return { status: response.status, location: response.headers.get('location'), body: answer };
  },
  async stats() {
    const all = [...(await this.pc.getStats()).values()];
    const inbound = (kind) => {
      const found = all.find((s) => s.type === 'inbound-rtp' && s.kind === kind);
      return found ? { ...found, mimeType: all.find((s) => s.id === found.codecId)?.mimeType ?? '' } : null;
    };
    const transport = all.find((s) => s.type === 'transport');
    return { video: inbound('video'), audio: inbound('audio'), srtpCipher: transport?.srtpCipher ?? '' };
  },
};`;

/** A page of the site with a player in it. */
export class WhepPage {
  readonly #page: Page;
  readonly #site: string;

  private constructor(page: Page, site: string) {
    this.#page = page;
    this.#site = site;
  }

  static async open(page: Page, site: string): Promise<WhepPage> {
    await page.goto(`${site}/live/gate/webrtc`);
    await page.evaluate(PLAYER);
    return new WhepPage(page, site);
  }

  /** Posts an offer and plays the answer, where it is one. */
  async play(camera: string, options: PlayOptions = {}): Promise<WhepOutcome> {
    const [id, query = ''] = camera.split('?');
    const url = `${this.#site}/live/${id}/whep?${query}`;
    return this.#page.evaluate<WhepOutcome>(`whep.play(${JSON.stringify(url)}, ${JSON.stringify(options)})`);
  }

  async stats(): Promise<WhepStats> {
    return this.#page.evaluate<WhepStats>('whep.stats()');
  }

  /** Pictures shown so far. */
  async pictures(): Promise<readonly ShownPicture[]> {
    return this.#page.evaluate<ShownPicture[]>('whep.pictures');
  }

  async connectionState(): Promise<string> {
    return this.#page.evaluate<string>('whep.pc.connectionState');
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}
