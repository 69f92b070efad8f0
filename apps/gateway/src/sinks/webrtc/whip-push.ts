import { ProtocolError } from '@vedette/media';
import { parseWhipAnswer, type WhipAnswer } from '@vedette/protocols';
import type { AddressGuard } from '../../net/guarded-lookup.ts';
import { PushError, type PushContext, type PushTarget } from '../../push/push-target.ts';
import type { Stream } from '../../stream/stream.ts';
import { toPushError } from '../destination-socket.ts';
import { ViewingRefused } from './viewing-refused.ts';
import type { WebrtcViewer } from './webrtc-viewer.ts';
import { parseWhipAddress, type WhipAddress } from './whip-address.ts';
import { WhipClient } from './whip-client.ts';

export interface WhipPushOptions {
  /** `whip+https://host/path`, with a token or without: see `parseWhipAddress`. */
  readonly address: string;
  /** Who sends: a stream is put into packets once, for destinations and viewers. */
  readonly webrtc: {
    push(stream: Stream, exchange: (offer: string) => Promise<WhipAnswer>): Promise<WebrtcViewer>;
  };
  /** What the destination is told: `Vedette/1.0`. */
  readonly userAgent: string;
  /** Authorities that are trusted instead of the known ones, PEM. */
  readonly authorities?: string;
}

/** Sends a camera to a WHIP server (RFC 9725), which is then what a viewer is to the WebRTC worker. */
export class WhipPush implements PushTarget {
  readonly #options: WhipPushOptions;

  constructor(options: WhipPushOptions) {
    this.#options = options;
  }

  async run(context: PushContext): Promise<void> {
    const { webrtc, address, userAgent, authorities } = this.#options;
    const { signal, stream, guard } = context;
    const client = new WhipClient({ guard, userAgent, authorities });
    let resource: WhipAddress | undefined;
    let viewer: WebrtcViewer | undefined;
    try {
      viewer = await webrtc.push(stream, async (offer) => {
        const session = await client.post(parseWhipAddress(address), offer, signal);
        ({ resource } = session);
        return reachable(parseWhipAnswer(session.answer, stream.tracks), guard);
      });
      await followed(viewer, context);
    } catch (error) {
      if (!signal.aborted) throw inWords(error);
    } finally {
      viewer?.close('the push is over');
      if (resource !== undefined) await client.end(resource);
    }
  }
}

/** Until it is over: resolves when the signal aborts, rejects when the destination is gone. */
async function followed(viewer: WebrtcViewer, { signal, stream, ...context }: PushContext): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const leave = (): void => resolve(undefined);
  let isConnected = false;
  signal.addEventListener('abort', leave, { once: true });
  try {
    if (signal.aborted) return;
    context.report(() => viewer.totals());
    viewer.onConnected(() => {
      isConnected = true;
      context.onConnected();
    });
    viewer.onEnd((reason) => reject(ended(reason, isConnected, stream)));
    await promise;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** Only addresses that a push may lead to are tried. */
function reachable(answer: WhipAnswer, guard: AddressGuard): WhipAnswer {
  const candidates = answer.candidates.filter(({ address }) => guard.isAllowed(address));
  if (candidates.length > 0) return { ...answer, candidates };
  if (answer.candidates.length > 0) throw guard.refusal();
  throw new PushError('ERR_WHIP_ANSWER', 'the destination’s answer has no address to send media to');
}

function ended(reason: string, wasConnected: boolean, stream: Stream): PushError {
  if (!stream.isLive) return new PushError('ERR_PUSH_STREAM_ENDED', reason);
  if (/^the camera /i.test(reason)) return new PushError('ERR_PUSH_STREAM_CHANGED', reason);
  if (wasConnected) {
    return new PushError('ERR_CONNECTION_LOST', reason.replaceAll('the viewer', 'the destination'));
  }
  const sentence =
    'the destination answered, but its UDP ports cannot be reached: no media connection comes about';
  return new PushError('ERR_WHIP_UNREACHABLE', sentence);
}

/** WebRTC's errors are written for those who view. */
function inWords(error: unknown): unknown {
  if (error instanceof ViewingRefused) return new PushError(error.code, error.message, { cause: error });
  if (!(error instanceof ProtocolError)) return toPushError(error);
  const sentence =
    error.code === 'ERR_WEBRTC_TRANSPORT'
      ? 'this host has no network address to send media from'
      : error.message.replaceAll('this player', 'the destination');
  return new PushError(error.code, sentence, { cause: error });
}
