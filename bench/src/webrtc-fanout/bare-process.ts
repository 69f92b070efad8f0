// node-datachannel alone: sends ready-made RTP to each viewer, by the same chain and at the same pace as
// the gateway, and does nothing else. Takes offers by HTTP. Speaks like the gateway's process.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import {
  burstPacket,
  burstPacketCount,
  createPacketizer,
  WEBRTC_MAX_PACKET_LENGTH,
} from '@vedette/protocols';
import {
  initLogger,
  PacingHandler,
  PeerConnection,
  RtcpNackResponder,
  Video,
  type MediaHandler,
  type Track,
} from 'node-datachannel';
import { FRAMES_PER_SECOND, Pictures } from '../support/pictures.ts';

const SSRC = 4711;
const UDP_PORT = Number(process.argv[3]);

interface Viewer {
  readonly connection: PeerConnection;
  readonly track: Track;
  readonly handlers: readonly MediaHandler[];
  isOpen: boolean;
  sequenceNumber: number;
}

initLogger('Fatal', () => undefined);
const viewers: Viewer[] = [];
let bytes = 0;

async function answer(offer: string): Promise<string> {
  const connection = new PeerConnection('bench', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    enableIceUdpMux: true,
    portRangeBegin: UDP_PORT,
    portRangeEnd: UDP_PORT,
  });
  const video = new Video('video', 'SendOnly');
  video.addH264Codec(96);
  video.addSSRC(SSRC, 'bench');
  const track = connection.addTrack(video);
  const responder = new RtcpNackResponder(512);
  const pacer = new PacingHandler(50e6, 2);
  responder.addToChain(pacer);
  track.setMediaHandler(responder);
  const viewer: Viewer = {
    connection,
    track,
    handlers: [responder, pacer],
    isOpen: false,
    sequenceNumber: 0,
  };
  track.onOpen(() => {
    viewer.isOpen = true;
  });
  track.onClosed(() => undefined);
  track.onMessage(() => undefined);
  const gathered = Promise.withResolvers<undefined>();
  connection.onGatheringStateChange((state) => {
    if (state === 'complete') gathered.resolve(undefined);
  });
  connection.setRemoteDescription(offer.replace('a=setup:actpass', 'a=setup:active'), 'offer');
  await gathered.promise;
  viewers.push(viewer);
  return connection.localDescription()?.sdp ?? '';
}

const server = createServer((request, response) => {
  void text(request).then(async (offer) => {
    const sdp = await answer(offer);
    response.writeHead(201, { 'content-type': 'application/sdp', location: '/viewer' }).end(sdp);
  });
});

const pictures = new Pictures(Number(process.argv[2]));
const packetizer = createPacketizer(pictures.track, {
  payloadType: 96,
  ssrc: SSRC,
  firstSequenceNumber: 0,
  firstTimestamp: 0,
  maxPacketLength: WEBRTC_MAX_PACKET_LENGTH,
});
const group = Array.from({ length: pictures.length }, (_, index) => {
  const burst = packetizer.packetize(pictures.at(index));
  return Array.from({ length: burstPacketCount(burst) }, (_packet, at) =>
    Buffer.from(burstPacket(burst, at)),
  );
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }));
});

const startMs = performance.now();
let index = 0;
setInterval(() => {
  const due = ((performance.now() - startMs) * FRAMES_PER_SECOND) / 1000;
  for (; index < due; index += 1) {
    for (const viewer of viewers)
      if (viewer.isOpen) send(viewer, group[index % group.length] ?? [], index * 3600);
  }
}, 1000 / FRAMES_PER_SECOND);

function send(viewer: Viewer, packets: readonly Buffer[], timestamp: number): void {
  for (const packet of packets) {
    packet.writeUInt16BE(viewer.sequenceNumber, 2);
    packet.writeUInt32BE(timestamp >>> 0, 4);
    viewer.sequenceNumber = (viewer.sequenceNumber + 1) & 0xffff;
    viewer.track.sendMessageBinary(packet);
    bytes += packet.length;
  }
}

for await (const line of createInterface(process.stdin)) {
  if (line === '') continue;
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, bytes }));
}
process.exit(0);
