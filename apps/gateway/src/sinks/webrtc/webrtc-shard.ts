import { randomBytes, randomInt } from 'node:crypto';
import path from 'node:path';
import {
  parseLibraryAnswer,
  playoutDelayId,
  transportSequenceId,
  serializeIceCandidate,
  serializeLibraryAnswer,
  serializeLibraryOffer,
  serializeWebrtcAnswer,
  serializeWhipOffer,
  withAnnouncedAddresses,
  type PublishingPlan,
  planViewing,
  type ViewingPlan,
  type WebrtcOffer,
  type WhipAnswer,
} from '@vedette/protocols';
import type { Logger } from '../../observability/logger.ts';
import type { Stream } from '../../stream/stream.ts';
import { Supervisor, type SupervisorReport } from '../../workers/supervisor.ts';
import type { SentTrack, StreamSettings, WebrtcNews, WebrtcOrders } from '../../workers/webrtc/messages.ts';
import type { PublisherHandler, PublisherLine } from '../../workers/webrtc/publishing.ts';
import { IncomingPeers } from './incoming-peers.ts';
import { WebrtcSink, type WebrtcLink } from './webrtc-sink.ts';
import { WebrtcViewer } from './webrtc-viewer.ts';

const ENTRY = path.resolve(import.meta.dirname, '../../workers/webrtc/main.ts');

/** A viewer takes about one MiB, for packets that may have to be sent again. */
const MAX_RSS_BYTES = 2 * 1024 * 1024 * 1024;

/** The worker gives up sooner. */
const MOVE_TIMEOUT_MS = 10_000;

export interface WebrtcShardOptions {
  /** Address to bind. */
  readonly host: string;
  readonly announcedAddresses: readonly string[];
  readonly playoutDelay: StreamSettings['playoutDelay'];
  readonly lingerMs: number;
  readonly logger: Logger;
}

/** One WebRTC worker with its UDP port, the streams it is fed and the viewers it serves. */
export class WebrtcShard {
  readonly #options: WebrtcShardOptions;
  readonly #supervisor: Supervisor<WebrtcNews, WebrtcOrders>;
  readonly #viewers = new Map<number, WebrtcViewer>();
  readonly #sinks = new Map<Stream, WebrtcSink>();
  /** What each viewer is sent. */
  readonly #sinkOfViewer = new Map<WebrtcViewer, WebrtcSink>();
  readonly #settings: Omit<StreamSettings, 'channel'>;
  readonly #publishers: IncomingPeers;
  #port = 0;
  #listening: Promise<unknown> = Promise.resolve();
  #lastViewer = 0;

  constructor(options: WebrtcShardOptions) {
    this.#options = options;
    const ssrc = randomInt(2, 0x7fff_ffff);
    this.#publishers = new IncomingPeers(ssrc + 2, options.announcedAddresses);
    this.#settings = {
      videoSsrc: ssrc,
      audioSsrc: ssrc + 1,
      cname: randomBytes(8).toString('hex'),
      playoutDelay: options.playoutDelay,
      firstTimestamp: randomInt(0, 0x1_0000_0000),
    };
    this.#supervisor = new Supervisor<WebrtcNews, WebrtcOrders>({
      kind: 'webrtc',
      entry: ENTRY,
      limits: { maxRssBytes: MAX_RSS_BYTES },
      logger: options.logger,
      handlers: {
        requests: {},
        notices: {
          connected: ({ viewer, setupMs }) => {
            options.logger.debug({ viewer, setupMs }, 'viewer connected');
            this.#viewers.get(viewer)?.connected();
          },
          closed: ({ reason, totals }) => {
            const viewer = this.#viewers.get(totals.viewer);
            viewer?.update(totals);
            viewer?.ended(reason);
          },
          totals: (all) => {
            for (const totals of all) this.#viewers.get(totals.viewer)?.update(totals);
          },
          lines: (all) => {
            for (const figures of all) this.#viewers.get(figures.viewer)?.onLine(figures);
          },
          keyFrameWanted: ({ channel }) => this.#requestKeyFrame(channel),
          publisherConnected: ({ publisher }) => options.logger.debug({ publisher }, 'publisher connected'),
          publisherReport: (report) => this.#publishers.onReport(report),
          publisherClosed: ({ reason, totals }) => this.#publishers.onClosed(totals, reason),
          publisherTotals: (all) => this.#publishers.onTotals(all),
        },
      },
    });
    this.#supervisor.observe({
      started: (link) => this.#listen(link),
      // The channels' end has closed the sinks, and those their viewers; this is for those in between.
      exited: ({ detail }) => this.#endAll(`the WebRTC worker is gone: ${detail}`),
    });
  }

  /** Viewers and publishers. */
  get peerCount(): number {
    return this.#viewers.size + this.#publishers.count;
  }

  get report(): SupervisorReport {
    return this.#supervisor.report;
  }

  /** Process id of the worker, for whoever watches processes. */
  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /**
   * Starts the worker, which takes `port` and keeps it.
   *
   * @throws {Error} the port is taken, or the worker does not start.
   */
  async start(port: number): Promise<void> {
    this.#port = port;
    const { link } = this.#supervisor;
    if (link !== undefined) this.#listen(link); // it is there already, and could not have another port
    await this.#supervisor.start();
    await this.#listening;
  }

  /**
   * Connects a viewer.
   *
   * @returns the answer to its offer.
   * @throws {LinkError} the worker rests after crashing again and again, or refuses the offer.
   * @throws {ProtocolError} `ERR_WEBRTC_TRANSPORT`.
   */
  async view(
    stream: Stream,
    offer: WebrtcOffer,
    plan: ViewingPlan,
  ): Promise<{ viewer: WebrtcViewer; answer: string }> {
    const link = await this.#supervisor.start();
    await this.#listening;
    const viewer = this.#createViewer(link, (this.#lastViewer += 1), offer, plan);
    const sink = this.#enter(viewer, stream, link);
    try {
      return { viewer, answer: await this.#connect(link, sink, viewer) };
    } catch (error) {
      viewer.close('it could not be connected');
      throw error;
    }
  }

  /**
   * Connects to a destination, which is sent the stream as a viewer is.
   *
   * @param exchange gives the destination our offer and returns its answer, of whose candidates all are tried.
   * @throws {LinkError} as `view`. @throws {ProtocolError} `ERR_WEBRTC_…`: the stream does not fit what was answered.
   */
  async push(stream: Stream, exchange: (offer: string) => Promise<WhipAnswer>): Promise<WebrtcViewer> {
    const link = await this.#supervisor.start();
    const number = (this.#lastViewer += 1);
    const { videoSsrc, audioSsrc, cname } = this.#settings;
    let viewer: WebrtcViewer | undefined;
    try {
      const { result } = await link.request('offer', { viewer: number });
      const transport = parseLibraryAnswer(result.offer);
      const own = { sessionId: String(number), videoSsrc, audioSsrc, cname };
      const answer = await exchange(serializeWhipOffer(stream.tracks, transport, own));
      const plan = planViewing(answer, stream.tracks);
      viewer = this.#createViewer(link, number, answer, plan);
      const { channel } = this.#enter(viewer, stream, link);
      await link.request('accept', {
        viewer: number,
        channel,
        answer: serializeLibraryAnswer(answer, { videoSsrc, audioSsrc }),
        candidates: answer.candidates.map(serializeIceCandidate),
        video: sentTrack(answer, plan.video),
        audio: sentTrack(answer, plan.audio),
      });
      return viewer;
    } catch (error) {
      link.notify('close', { viewer: number, reason: 'it could not be connected' });
      viewer?.ended('it could not be connected');
      throw error;
    }
  }

  /**
   * Sends a viewer another stream from its next entry point on, whose codecs are those that were agreed on.
   *
   * @returns whether it is sent that now; it is still sent the one before otherwise.
   */
  async move(viewer: WebrtcViewer, stream: Stream, plan: ViewingPlan): Promise<boolean> {
    const { link } = this.#supervisor;
    const from = this.#sinkOfViewer.get(viewer);
    if (link === undefined || from === undefined) return false;
    const to = this.#sinkOf(stream, link);
    if (to === from) return true;
    to.add(viewer, plan);
    const hasMoved = await this.#order(link, viewer, to, plan);
    const isOver = !this.#viewers.has(viewer.number);
    if (isOver || !hasMoved) to.remove(viewer);
    if (isOver || hasMoved) from.remove(viewer);
    if (isOver || !hasMoved) return false;
    this.#sinkOfViewer.set(viewer, to);
    return true;
  }

  async #order(
    link: WebrtcLink,
    viewer: WebrtcViewer,
    to: WebrtcSink,
    { video, audio }: ViewingPlan,
  ): Promise<boolean> {
    const request = {
      viewer: viewer.number,
      channel: to.channel,
      videoTrackId: video?.track.id ?? -1,
      audioTrackId: audio?.track.id ?? -1,
    };
    try {
      const { result } = await link.request('move', request, { timeoutMs: MOVE_TIMEOUT_MS });
      return result.hasMoved;
    } catch {
      return false; // the worker is gone, and the viewer with it
    }
  }

  /** Connects a publisher; as `PublisherWorkers.receive`. */
  async receive(offer: WebrtcOffer, plan: PublishingPlan, handler: PublisherHandler): Promise<PublisherLine> {
    const link = await this.#supervisor.start();
    await this.#listening;
    return this.#publishers.receive(link, offer, plan, handler);
  }

  #requestKeyFrame(channel: number): void {
    for (const [stream, sink] of this.#sinks) if (sink.channel === channel) stream.requestKeyFrame();
  }

  #listen(link: WebrtcLink): void {
    this.#listening = link.request('listen', { address: this.#options.host, port: this.#port });
    this.#listening.catch(() => undefined); // whoever needs it hears of it
  }

  #release(viewer: WebrtcViewer): void {
    this.#viewers.delete(viewer.number);
    this.#sinkOfViewer.get(viewer)?.remove(viewer);
    this.#sinkOfViewer.delete(viewer);
  }

  /** Ends the viewers and the worker. Safe to call twice. */
  async close(): Promise<void> {
    this.#endAll('the gateway is closing');
    await this.#supervisor.close();
  }

  #createViewer(link: WebrtcLink, number: number, offer: WebrtcOffer, plan: ViewingPlan): WebrtcViewer {
    const line = {
      close: (reason: string) => link.notify('close', { viewer: number, reason }),
      rest: () => link.notify('rest', { viewer: number }),
      addCandidates: (candidates: readonly string[]) =>
        link.notify('candidates', { viewer: number, candidates }),
    };
    return new WebrtcViewer(number, offer, plan, line);
  }

  /** Gives the viewer its place among those of the stream. */
  #enter(viewer: WebrtcViewer, stream: Stream, link: WebrtcLink): WebrtcSink {
    const sink = this.#sinkOf(stream, link);
    sink.add(viewer, viewer.plan);
    this.#viewers.set(viewer.number, viewer);
    this.#sinkOfViewer.set(viewer, sink);
    viewer.onEnd(() => this.#release(viewer));
    return sink;
  }

  #sinkOf(stream: Stream, link: WebrtcLink): WebrtcSink {
    const known = this.#sinks.get(stream);
    if (known !== undefined) return known;
    const { lingerMs } = this.#options;
    const sink = new WebrtcSink(stream, {
      link,
      settings: this.#settings,
      lingerMs,
      onClosed: () => this.#sinks.delete(stream),
    });
    this.#sinks.set(stream, sink);
    sink.start();
    return sink;
  }

  async #connect(link: WebrtcLink, sink: WebrtcSink, { number, offer, plan }: WebrtcViewer): Promise<string> {
    const { videoSsrc, audioSsrc, cname } = this.#settings;
    const { result } = await link.request('view', {
      viewer: number,
      channel: sink.channel,
      offer: serializeLibraryOffer(offer, { videoSsrc, audioSsrc }),
      video: sentTrack(offer, plan.video),
      audio: sentTrack(offer, plan.audio),
    });
    const transport = withAnnouncedAddresses(
      parseLibraryAnswer(result.answer),
      this.#options.announcedAddresses,
    );
    return serializeWebrtcAnswer(offer, plan, transport, {
      sessionId: String(number),
      cname,
      videoSsrc,
      audioSsrc,
    });
  }

  #endAll(reason: string): void {
    for (const sink of [...this.#sinks.values()]) sink.close(reason);
    for (const viewer of [...this.#viewers.values()]) viewer.close(reason);
    this.#publishers.endAll(reason);
  }
}

function sentTrack(offer: WebrtcOffer, media: ViewingPlan['video'] | ViewingPlan['audio']): SentTrack | null {
  const section = media && offer.sections[media.sectionIndex];
  if (media === undefined || section === undefined) return null;
  const isVideo = media.track.kind === 'video';
  return {
    trackId: media.track.id,
    payloadType: media.format.payloadType,
    clockRate: media.format.clockRate,
    playoutDelayId: isVideo ? playoutDelayId(section) : 0,
    transportSequenceId: isVideo ? transportSequenceId(section, media.format) : 0,
  };
}
