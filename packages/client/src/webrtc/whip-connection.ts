import { request } from '../api/api-client.ts';

/** Above what anybody needs of a live picture; congestion control stays below what the network carries. */
const MAX_BITS_PER_SECOND = 6_000_000;
/** Where estimating the network begins, in kbit/s: from the browser's own 300, pictures would start small. */
const START_KBPS = 1200;
/** The gateway reports many times a second: silent for so many checks, it is gone, or has ended the session. */
const SILENT_CHECKS = 3;
const CHECK_MS = 1000;
/** The connection is closed after this long even if the gateway does not answer. */
const HANG_UP_MS = 1000;

/** Tells Chromium, by its own parameter, what to start at; others leave it alone. */
export function withStartBitrate(answer: string): string {
  return answer.replace(
    /^(a=fmtp:\d+ [^\r\n]*profile-level-id=[^\r\n]*)/gm,
    `$1;x-google-start-bitrate=${START_KBPS}`,
  );
}

/** How a connection ended: `ended` where the gateway had ended the session by itself. */
export type Loss = 'ended' | 'broken';

export interface WhipConnectionEvents {
  readonly onConnected: () => void;
  /** Not called after `close`. */
  readonly onLost: (loss: Loss) => void;
}

/**
 * One publication at a WHIP address (RFC 9725): one offer, one answer, no trickle. The offer does not wait
 * for our own candidates: the gateway's are in its answer, our checks go there, and from them it learns ours.
 */
export class WhipConnection {
  readonly #url: string;
  readonly #events: WhipConnectionEvents;
  readonly #aborter = new AbortController();
  readonly #connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  /** The session's own address: deleting it ends the session. */
  #resource: string | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #bytes = 0;
  #silentChecks = 0;

  constructor(url: string, events: WhipConnectionEvents) {
    this.#url = url;
    this.#events = events;
  }

  /**
   * @throws {ApiError} the gateway refuses it.
   * @throws {UnreachableError} it does not answer.
   */
  async open(stream: MediaStream): Promise<void> {
    const connection = this.#connection;
    connection.addEventListener('connectionstatechange', () => this.#onState(connection.connectionState));
    for (const track of stream.getTracks()) {
      const sendEncodings = track.kind === 'video' ? [{ maxBitrate: MAX_BITS_PER_SECOND }] : [{}];
      connection.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings });
    }
    await connection.setLocalDescription();
    this.#aborter.signal.throwIfAborted();
    const response = await request(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: connection.localDescription?.sdp ?? '',
      signal: this.#aborter.signal,
    });
    const location = response.headers.get('location');
    if (location !== null) this.#resource = new URL(location, response.url).href;
    const sdp = await response.text();
    this.#aborter.signal.throwIfAborted();
    await connection.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(sdp) });
  }

  /** Sends another track of the same kind from now on; whether there is a place for it. */
  async replace(track: MediaStreamTrack): Promise<boolean> {
    const sender = this.#connection.getSenders().find((each) => each.track?.kind === track.kind);
    await sender?.replaceTrack(track);
    return sender !== undefined;
  }

  async report(): Promise<Record<string, unknown>[]> {
    const entries: Record<string, unknown>[] = [];
    (await this.#connection.getStats()).forEach((entry: Record<string, unknown>) => entries.push(entry));
    return entries;
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#aborter.signal.aborted) return;
    this.#aborter.abort();
    clearInterval(this.#timer);
    void this.#hangUp().finally(() => this.#connection.close());
  }

  #onState(state: RTCPeerConnectionState): void {
    if (this.#aborter.signal.aborted) return;
    if (state === 'failed' || state === 'closed') void this.#lose();
    if (state !== 'connected' || this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.#check(), CHECK_MS);
    this.#events.onConnected();
  }

  /** Browsers take ten seconds and more to notice by themselves. */
  async #check(): Promise<void> {
    const transport = (await this.report()).find(({ type }) => type === 'transport');
    const bytes = Number(transport?.['bytesReceived'] ?? 0);
    this.#silentChecks = bytes === this.#bytes ? this.#silentChecks + 1 : 0;
    this.#bytes = bytes;
    if (this.#silentChecks >= SILENT_CHECKS && !this.#aborter.signal.aborted) await this.#lose();
  }

  /** Deleting what is left of the session tells who ended it. */
  async #lose(): Promise<void> {
    clearInterval(this.#timer);
    const wasOurs = await this.#hangUp();
    if (this.#aborter.signal.aborted) return;
    this.close();
    this.#events.onLost(wasOurs ? 'broken' : 'ended');
  }

  /** @returns whether the session was still there, as far as anybody can tell. */
  async #hangUp(): Promise<boolean> {
    const resource = this.#resource;
    this.#resource = undefined;
    if (resource === undefined) return true;
    try {
      // A page that closes has no time for the answer, but the request goes out.
      const signal = AbortSignal.timeout(HANG_UP_MS);
      const { status } = await fetch(resource, { method: 'DELETE', keepalive: true, signal });
      return status !== 404;
    } catch {
      return true; // the gateway notices by itself after some seconds
    }
  }
}
