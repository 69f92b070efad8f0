import type { AccessUnit, Track } from '@vedette/media';
import type { ViewingPlan } from '@vedette/protocols';
import type { Reader } from '../../stream/reader.ts';
import type { Stream } from '../../stream/stream.ts';
import type { Channel } from '../../workers/channel.ts';
import type { Link } from '../../workers/link.ts';
import type { StreamSettings, WebrtcNews, WebrtcOrders } from '../../workers/webrtc/messages.ts';
import type { WebrtcViewer } from './webrtc-viewer.ts';

/** The gateway's end of the link to a WebRTC worker. */
export type WebrtcLink = Link<WebrtcNews, WebrtcOrders>;

export interface WebrtcSinkOptions {
  readonly link: WebrtcLink;
  readonly settings: Omit<StreamSettings, 'channel'>;
  /** How long the group of pictures is kept warm after the last viewer, in milliseconds. */
  readonly lingerMs: number;
  /** The sink has left its stream: it is of no further use. */
  readonly onClosed: (sink: WebrtcSink) => void;
}

/**
 * The one WebRTC reader of a stream on a worker: hands each unit to the worker once, however many view.
 * Made for the first viewer; leaves the stream some seconds after the last.
 */
export class WebrtcSink implements Reader {
  readonly name = 'webrtc';
  readonly #stream: Stream;
  readonly #options: WebrtcSinkOptions;
  readonly #channel: Channel;
  /** Each with what it agreed to; tracks are those of this stream. */
  readonly #viewers = new Map<WebrtcViewer, ViewingPlan>();
  #lingerTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(stream: Stream, options: WebrtcSinkOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#channel = options.link.openChannel({ onEnd: (reason) => this.close(reason) });
  }

  /** Number of the channel, for requests about its viewers. */
  get channel(): number {
    return this.#channel.number;
  }

  /** Units that the worker was too slow to take. */
  get dropped(): number {
    return this.#channel.dropped;
  }

  /** Joins the stream; what it holds is on its way to the worker when this returns. */
  start(): void {
    const { link, settings } = this.#options;
    link
      .request('openStream', { channel: this.channel, ...settings })
      .catch((error: unknown) => this.close(String(error)));
    this.#stream.addReader(this);
  }

  /** Enters a viewer, which is sent what `plan` has of this stream. */
  add(viewer: WebrtcViewer, plan: ViewingPlan): void {
    clearTimeout(this.#lingerTimer);
    this.#viewers.set(viewer, plan);
  }

  /** Lets a viewer go that is over. */
  remove(viewer: WebrtcViewer): void {
    if (!this.#viewers.delete(viewer)) return;
    if (this.#viewers.size > 0 || this.#isClosed) return;
    this.#lingerTimer = setTimeout(() => this.close('nobody is watching'), this.#options.lingerMs);
    this.#lingerTimer.unref();
  }

  /** Ends its viewers and leaves the stream. Safe to call twice. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    this.#stream.removeReader(this);
    for (const viewer of [...this.#viewers.keys()]) viewer.close(reason);
    this.#channel.close(reason);
    this.#options.onClosed(this);
  }

  onTracks(tracks: readonly Track[]): void {
    for (const [viewer, plan] of [...this.#viewers]) {
      const mismatch = viewer.mismatch(tracks, plan);
      if (mismatch !== undefined) viewer.close(mismatch);
    }
    this.#channel.setTracks(tracks.filter(isSendable));
  }

  onUnit(unit: AccessUnit): void {
    if (isSendable(unit.track)) this.#channel.write(unit);
  }

  onEnd(reason: string): void {
    this.close(reason);
  }
}

/** Whether any browser takes the track over RTP as it is. */
function isSendable(track: Track): boolean {
  return track.codec !== 'aac' && track.codec !== 'mpa' && track.codec !== 'mjpeg';
}
