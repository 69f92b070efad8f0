import { steadyClock } from '../../stream/stream.ts';
import type { Link } from '../link.ts';
import { serveAsWorker } from '../worker-child.ts';
import { PeerPort } from './connection.ts';
import type {
  AcceptRequest,
  MoveRequest,
  StreamSettings,
  ViewerRequest,
  WebrtcNews,
  WebrtcOrders,
} from './messages.ts';
import { OfferingPeer } from './offering-peer.ts';
import { OutgoingStream } from './outgoing-stream.ts';
import { Peer, type PeerEvents } from './peer.ts';
import { Publishers } from './publishers.ts';
import { Viewer, type ViewerEvents } from './viewer.ts';

/*
 * The WebRTC worker: takes the media of streams from the gateway, once each, and sends it to any
 * number of viewers; takes that of publishers, and hands it to the gateway. What peers and gateway say
 * to each other over HTTP stays in the gateway.
 */

const TICK_MS = 1000;
const LINES_EVERY_MS = 100;

const streams = new Map<number, OutgoingStream>();
const viewers = new Map<number, Viewer>();
/** Connections whose offers nobody has answered yet. */
const offering = new Map<number, OfferingPeer>();
/** Bytes that were last told of each viewer. */
const toldBytes = new Map<number, number>();
let port: PeerPort | undefined;

const link: Link<WebrtcOrders, WebrtcNews> = serveAsWorker({
  handlers: {
    requests: {
      listen: ({ address, port: number }) => {
        port = new PeerPort(address, number);
        return { result: null };
      },
      openStream: (settings) => {
        openStream(settings);
        return { result: null };
      },
      view: async (request) => ({ result: { answer: await view(request) } }),
      offer: async ({ viewer }) => ({ result: { offer: await offer(viewer) } }),
      accept: (request) => {
        accept(request);
        return { result: null };
      },
      move: async (request) => ({ result: { hasMoved: await move(request) } }),
      receive: async (request) => {
        if (port === undefined) throw new Error('there is no port yet');
        return { result: { answer: await publishers.receive(request, port) } };
      },
    },
    notices: {
      candidates: ({ viewer, candidates }) => {
        for (const candidate of candidates) viewers.get(viewer)?.addCandidate(candidate);
      },
      close: ({ viewer, reason }) => {
        viewers.get(viewer)?.close(reason);
        withdraw(viewer);
      },
      rest: ({ viewer }) => viewers.get(viewer)?.rest(),
      publisherCandidates: ({ publisher, candidates }) => publishers.addCandidates(publisher, candidates),
      closePublisher: ({ publisher, reason }) => publishers.close(publisher, reason),
      keyFrame: ({ publisher }) => publishers.requestKeyFrame(publisher),
    },
  },
  cleanUp: async () => {
    clearInterval(ticker);
    clearInterval(lineTicker);
    for (const viewer of viewers.values()) viewer.close('the gateway is closing');
    for (const viewer of offering.keys()) withdraw(viewer);
    publishers.closeAll('the gateway is closing');
    // What says goodbye to browsers is sent on native threads: give them a moment.
    await new Promise((resolve) => setTimeout(resolve, viewers.size === 0 ? 0 : 100));
    port?.close();
  },
});
const publishers = new Publishers(link, steadyClock);
const ticker = setInterval(tick, TICK_MS);
const lineTicker = setInterval(tellLines, LINES_EVERY_MS);

function openStream(settings: StreamSettings): void {
  const { channel } = settings;
  const stream = new OutgoingStream(settings, steadyClock, () => link.notify('keyFrameWanted', { channel }));
  streams.set(channel, stream);
  link.joinChannel(channel, {
    onTracks: (tracks) => stream.onTracks(tracks),
    onUnit: (unit) => stream.onUnit(unit),
    onEnd: (reason) => {
      streams.delete(channel);
      stream.close(reason);
    },
  });
}

async function view(request: ViewerRequest): Promise<string> {
  const stream = streams.get(request.channel);
  if (port === undefined || stream === undefined) throw new Error('the stream is gone');
  const shared = port;
  const viewer = enter(request, (events) => new Peer(shared, events), stream);
  try {
    return await viewer.answer(request.offer);
  } catch (error) {
    viewer.close('the offer was refused');
    throw error;
  }
}

function enter(
  request: Pick<ViewerRequest, 'viewer' | 'video' | 'audio'>,
  connect: (events: PeerEvents) => Peer,
  stream: OutgoingStream,
): Viewer {
  const events: ViewerEvents = {
    onConnected: ({ id, setupMs }) => link.notify('connected', { viewer: id, setupMs }),
    onClosed: (closed, reason) => {
      viewers.delete(closed.id);
      toldBytes.delete(closed.id);
      link.notify('closed', { reason, totals: closed.totals });
    },
  };
  const viewer = new Viewer(request, connect, stream, events, steadyClock);
  viewers.set(viewer.id, viewer);
  stream.add(viewer);
  return viewer;
}

async function offer(viewer: number): Promise<string> {
  const peer = new OfferingPeer();
  offering.set(viewer, peer);
  try {
    return await peer.offer();
  } catch (error) {
    withdraw(viewer);
    throw error;
  }
}

function accept({ viewer: id, channel, answer, candidates, video, audio }: AcceptRequest): void {
  const peer = offering.get(id);
  const stream = streams.get(channel);
  if (peer === undefined || stream === undefined) throw new Error('the stream is gone');
  offering.delete(id);
  const viewer = enter({ viewer: id, video, audio }, (events) => peer.handOver(events), stream);
  try {
    viewer.accept(answer);
    for (const candidate of candidates) viewer.addCandidate(candidate);
  } catch (error) {
    viewer.close('the answer was refused');
    throw error;
  }
}

/** Forgets a connection whose offer comes to nothing. */
function withdraw(viewer: number): void {
  offering.get(viewer)?.close();
  offering.delete(viewer);
}

async function move(request: MoveRequest): Promise<boolean> {
  const viewer = viewers.get(request.viewer);
  const stream = streams.get(request.channel);
  if (viewer === undefined || stream === undefined) return false;
  return viewer.moveTo(stream, request);
}

function tellLines(): void {
  const nowMs = steadyClock();
  const lines = [...viewers.values()]
    .map((viewer) => viewer.lineAt(nowMs))
    .filter((line) => line !== undefined);
  if (lines.length > 0) link.notify('lines', lines);
}

function tick(): void {
  const nowMs = steadyClock();
  for (const viewer of viewers.values()) viewer.tick(nowMs);
  const changed = [...viewers.values()]
    .map(({ totals }) => totals)
    .filter(({ viewer, bytes }) => bytes !== toldBytes.get(viewer));
  for (const { viewer, bytes } of changed) toldBytes.set(viewer, bytes);
  if (changed.length > 0) link.notify('totals', changed);
  publishers.tick(nowMs);
}
