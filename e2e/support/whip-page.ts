import type { Page } from 'playwright-core';

export interface WhipOutcome {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

/** What `RTCPeerConnection.getStats` says of the pictures that go out; names as there. */
export interface OutboundStats {
  readonly mimeType: string;
  readonly framesEncoded: number;
  readonly keyFramesEncoded: number;
  readonly bytesSent: number;
  readonly nackCount: number;
  readonly pliCount: number;
  readonly retransmittedPacketsSent: number;
  readonly targetBitrate: number;
  /** Bits per second that congestion control believes in. */
  readonly availableOutgoingBitrate: number;
  /** What the receiver reports. */
  readonly fractionLost: number;
}

export interface PublishOptions {
  /** `H264`, `VP8`, `VP9`, `AV1`; left out: as the browser likes. */
  readonly codec?: string;
  readonly audio?: boolean;
  readonly width?: number;
  readonly height?: number;
  /** Bits per second. */
  readonly maxBitrate?: number;
  /** Offers simulcast in as many layers. */
  readonly layers?: number;
  /** UDP port of a relay to go through. */
  readonly through?: number;
}

/** A WHIP publisher in plain JavaScript, as small as it can be. */
const PUBLISHER = `
globalThis.whip = {
  async publish(url, { codec, audio = true, width = 640, height = 480, maxBitrate, layers = 1, through } = {}) {
    const media = await navigator.mediaDevices.getUserMedia({ video: { width, height }, audio });
    const pc = (this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
    const sendEncodings = layers > 1
      ? Array.from({ length: layers }, (_, i) => ({ rid: 'r' + i, scaleResolutionDownBy: 2 ** (layers - 1 - i) }))
      : [maxBitrate === undefined ? {} : { maxBitrate }];
    const sender = pc.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', sendEncodings });
    if (codec !== undefined) {
      const all = RTCRtpSender.getCapabilities('video').codecs;
      const wanted = all.filter(({ mimeType }) => mimeType.toUpperCase() === 'VIDEO/' + codec);
      if (wanted.length === 0) return { status: 0, location: null, body: 'this browser does not encode ' + codec };
      sender.setCodecPreferences([...wanted, ...all.filter(({ mimeType }) => mimeType === 'video/rtx')]);
    }
    for (const track of media.getAudioTracks()) pc.addTransceiver(track, { direction: 'sendonly' });
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
    const out = all.find((s) => s.type === 'outbound-rtp' && s.kind === 'video') ?? {};
    const remote = all.find((s) => s.type === 'remote-inbound-rtp' && s.kind === 'video') ?? {};
    const pair = all.find((s) => s.type === 'candidate-pair' && s.nominated) ?? {};
    return { ...out, mimeType: all.find((s) => s.id === out.codecId)?.mimeType ?? '',
      fractionLost: remote.fractionLost ?? 0, availableOutgoingBitrate: pair.availableOutgoingBitrate ?? 0 };
  },
};`;

/** A page of the site that publishes its fake camera. */
export class WhipPage {
  readonly #page: Page;
  readonly #site: string;

  private constructor(page: Page, site: string) {
    this.#page = page;
    this.#site = site;
  }

  static async open(page: Page, site: string): Promise<WhipPage> {
    await page.goto(`${site}/live/gate/webrtc`);
    await page.evaluate(PUBLISHER);
    return new WhipPage(page, site);
  }

  /** Posts an offer and publishes by the answer, where it is one. */
  async publish(camera: string, options: PublishOptions = {}): Promise<WhipOutcome> {
    const url = `${this.#site}/live/${camera}/whip`;
    return this.#page.evaluate<WhipOutcome>(
      `whip.publish(${JSON.stringify(url)}, ${JSON.stringify(options)})`,
    );
  }

  async stats(): Promise<OutboundStats> {
    return this.#page.evaluate<OutboundStats>('whip.stats()');
  }

  async connectionState(): Promise<string> {
    return this.#page.evaluate<string>('whip.pc.connectionState');
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}
