import { initLogger, PeerConnection, RtcpReceivingSession, Video, type Track } from 'node-datachannel';
import type { ViewerCommand, ViewerEvent } from './viewer-process-messages.ts';

/*
 * Native viewers, any number in one process: offer by WHEP, receive, report. A process of its own,
 * since the library may not live in the one that is tested, and because a test may want to kill it.
 */

const CANDIDATE = /a=candidate:.*\r\n/g;
const H264 = 'profile-level-id=640c1f;packetization-mode=1;level-asymmetry-allowed=1';

class NativeViewer {
  readonly id: number;
  readonly #connection: PeerConnection;
  readonly #track: Track;
  readonly #reports = new RtcpReceivingSession();
  packets = 0;
  bytes = 0;
  entries = 0;
  #location: string | undefined;
  #isClosed = false;

  constructor(id: number, counts: boolean) {
    this.id = id;
    this.#connection = new PeerConnection('viewer', {
      iceServers: [],
      bindAddress: '127.0.0.1',
      disableAutoNegotiation: true,
    });
    const video = new Video('video', 'RecvOnly');
    video.addH264Codec(96, H264);
    this.#track = this.#connection.addTrack(video);
    this.#track.setMediaHandler(this.#reports);
    this.#track.onClosed(() => undefined);
    this.#track.onOpen(() => tell({ event: 'connected', id }));
    if (counts) this.#track.onMessage((packet) => this.#count(packet));
    this.#connection.onStateChange((state) => {
      if (state === 'closed' || state === 'failed' || state === 'disconnected') tell({ event: 'closed', id });
      if (state === 'closed') viewers.delete(id);
    });
  }

  async offer(url: string): Promise<void> {
    const gathered = Promise.withResolvers<undefined>();
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') gathered.resolve(undefined);
    });
    this.#connection.setLocalDescription('offer');
    await gathered.promise;
    // Neither side may know where the other is before this one has the answer: the library starts
    // DTLS as soon as ICE connects, and fails where it does not know the fingerprint yet.
    const body = (this.#connection.localDescription()?.sdp ?? '').replaceAll(CANDIDATE, '');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
    this.#location = new URL(response.headers.get('location') ?? '', url).href;
    this.#connection.setRemoteDescription(answer.replaceAll(CANDIDATE, ''), 'answer');
    for (const [line] of answer.matchAll(CANDIDATE)) {
      this.#connection.addRemoteCandidate(line.slice('a='.length).trim(), 'video');
    }
  }

  requestPicture(): void {
    this.#track.requestKeyframe();
  }

  /** @param isPolite whether the server is told over HTTP */
  async close(isPolite: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (isPolite && this.#location !== undefined) await fetch(this.#location, { method: 'DELETE' });
    this.#track.close();
    this.#connection.close();
  }

  #count(packet: Buffer): void {
    const second = packet[1] ?? 0;
    if (second >= 192 && second <= 223) return; // RTCP
    this.packets += 1;
    this.bytes += packet.length;
    if (startsWithParameterSets(packet)) this.entries += 1;
  }
}

/** Every random access unit does: a STAP-A (24) whose first NAL unit is a sequence parameter set (7). */
function startsWithParameterSets(packet: Buffer): boolean {
  const hasExtension = ((packet[0] ?? 0) & 0x10) !== 0;
  const payload = 12 + (hasExtension ? 4 + packet.readUInt16BE(14) * 4 : 0);
  const type = (packet[payload] ?? 0) & 0x1f;
  return type === 7 || (type === 24 && ((packet[payload + 3] ?? 0) & 0x1f) === 7);
}

const viewers = new Map<number, NativeViewer>();

function tell(event: ViewerEvent): void {
  process.send?.(event);
}

async function obey(command: ViewerCommand): Promise<void> {
  switch (command.do) {
    case 'view': {
      const viewer = new NativeViewer(command.id, command.counts);
      viewers.set(command.id, viewer);
      await viewer.offer(command.url);
      return;
    }
    case 'requestPicture':
      viewers.get(command.id)?.requestPicture();
      return;
    case 'close':
      await viewers.get(command.id)?.close(command.isPolite);
      return;
    case 'count':
      tell({
        event: 'counts',
        counts: [...viewers.values()].map(({ id, packets, bytes, entries }) => ({
          id,
          packets,
          bytes,
          entries,
        })),
      });
  }
}

initLogger('Fatal', () => undefined);
process.on('message', (command: ViewerCommand) => {
  obey(command).catch((error: unknown) => {
    if ('id' in command) tell({ event: 'failed', id: command.id, why: String(error) });
  });
});
process.on('disconnect', () => process.exit(0));
tell({ event: 'ready' });
