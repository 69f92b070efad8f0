import {
  parseLibraryAnswer,
  serializeLibraryPublishOffer,
  serializePublishingAnswer,
  withAnnouncedAddresses,
  type PublishingPlan,
  type ReceivedMedia,
  type WebrtcOffer,
} from '@vedette/protocols';
import type { PublisherTotals, ReceivedTrack, WebrtcNews } from '../../workers/webrtc/messages.ts';
import type { PublisherHandler, PublisherLine } from '../../workers/webrtc/publishing.ts';
import type { WebrtcLink } from './webrtc-sink.ts';

/** The publishers of one worker, as the gateway knows them: their channels and who hears of them. */
export class IncomingPeers {
  readonly #ssrc: number;
  readonly #announcedAddresses: readonly string[];
  readonly #handlers = new Map<number, PublisherHandler>();
  #last = 0;

  /** @param ssrc ours, in what publishers are told. */
  constructor(ssrc: number, announcedAddresses: readonly string[]) {
    this.#ssrc = ssrc;
    this.#announcedAddresses = announcedAddresses;
  }

  get count(): number {
    return this.#handlers.size;
  }

  /** As `PublisherWorkers.receive`. */
  async receive(
    link: WebrtcLink,
    offer: WebrtcOffer,
    plan: PublishingPlan,
    handler: PublisherHandler,
  ): Promise<PublisherLine> {
    const publisher = (this.#last += 1);
    this.#handlers.set(publisher, handler);
    const channel = link.openChannel({
      onTracks: (tracks) => handler.onTracks(tracks),
      onUnit: (unit) => handler.onUnit(unit),
      // The worker says why in words of its own, or is gone.
      onEnd: (reason) => this.#end(publisher, reason),
    });
    try {
      const { result } = await link.request('receive', {
        publisher,
        channel: channel.number,
        offer: serializeLibraryPublishOffer(offer),
        tracks: [receivedTrack('video', plan.video), receivedTrack('audio', plan.audio)].filter(
          (track) => track !== undefined,
        ),
        ssrc: this.#ssrc,
      });
      const transport = withAnnouncedAddresses(parseLibraryAnswer(result.answer), this.#announcedAddresses);
      return {
        answer: serializePublishingAnswer(offer, plan, transport, String(publisher)),
        addCandidates: (candidates) => link.notify('publisherCandidates', { publisher, candidates }),
        requestKeyFrame: () => link.notify('keyFrame', { publisher }),
        close: (reason) => {
          link.notify('closePublisher', { publisher, reason });
          this.#end(publisher, reason);
        },
      };
    } catch (error) {
      this.#handlers.delete(publisher);
      link.notify('closePublisher', { publisher, reason: 'it could not be connected' });
      channel.close();
      throw error;
    }
  }

  onReport({ publisher, trackId, pts, unixMs }: WebrtcNews['notices']['publisherReport']): void {
    this.#handlers.get(publisher)?.onReport(trackId, pts, unixMs);
  }

  onTotals(all: readonly PublisherTotals[]): void {
    for (const totals of all) this.#handlers.get(totals.publisher)?.onTotals(totals);
  }

  onClosed(totals: PublisherTotals, reason: string): void {
    this.#handlers.get(totals.publisher)?.onTotals(totals);
    this.#end(totals.publisher, reason);
  }

  /** The worker is gone. */
  endAll(reason: string): void {
    for (const publisher of [...this.#handlers.keys()]) this.#end(publisher, reason);
  }

  #end(publisher: number, reason: string): void {
    const handler = this.#handlers.get(publisher);
    this.#handlers.delete(publisher);
    handler?.onEnd(reason);
  }
}

function receivedTrack(kind: 'video' | 'audio', media: ReceivedMedia | undefined): ReceivedTrack | undefined {
  if (media === undefined) return undefined;
  const { codec, format, retransmission, transportSequenceId } = media;
  const { encoding, payloadType, clockRate, channels, fmtp = '' } = format;
  return {
    kind,
    codec,
    encoding: encoding.toLowerCase(),
    payloadType,
    rtxPayloadType: retransmission?.payloadType ?? -1,
    clockRate,
    channels,
    fmtp,
    transportSequenceId,
  };
}
