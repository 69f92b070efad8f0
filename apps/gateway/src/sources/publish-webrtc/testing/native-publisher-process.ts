import {
  AnnexBPictureSplitter,
  createOpusTrack,
  createVideoAssembler,
  type AccessUnit,
} from '@vedette/media';
import { burstPacket, burstPacketCount, createPacketizer, type RtpBurst } from '@vedette/protocols';
import { Audio, initLogger, PeerConnection, RtcpNackResponder, Video, type Track } from 'node-datachannel';
import { ffmpeg } from '../../../../../../packages/media/src/testing/ffmpeg.ts';
import type { PublisherCommand, PublisherEvent } from './native-publisher.ts';

/*
 * A publisher as encoders on libdatachannel are (OBS among them): two sections with their SSRCs, NACKs
 * answered by sending the packet again as it was, neither retransmission format nor transport-wide feedback.
 * A process of its own, since the library may not live in the one that is tested.
 */

const CANDIDATE = /a=candidate:.*\r\n/g;
const H264 = 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1';
const GOP = 25;
const PICTURE_MS = 20;

function tell(event: PublisherEvent): void {
  process.send?.(event);
}

/** Small pictures, 50 a second, a key picture every {@link GOP}. */
function pictures(count: number): AccessUnit[] {
  const { stdout } = ffmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=50:duration=${count / 50}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline'],
    ...['-x264-params', `keyint=${GOP}:min-keyint=${GOP}:scenecut=0:threads=1`],
    ...['-pix_fmt', 'yuv420p', '-f', 'h264', 'pipe:1'],
  ]);
  const splitter = new AnnexBPictureSplitter('h264');
  const assembler = createVideoAssembler('h264', 0, 90_000);
  const nals = [...splitter.push(new Uint8Array(stdout)), ...splitter.flush()];
  return nals.flatMap((nal, index) => assembler.push(nal, index * 90 * PICTURE_MS) ?? []);
}

class NativePublisher {
  readonly #connection = new PeerConnection('publisher', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  readonly #video: Track;
  readonly #audio: Track;
  /** Referenced, or the library loses it. */
  readonly #responder = new RtcpNackResponder(512);
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const video = new Video('v', 'SendOnly');
    video.addH264Codec(96, H264);
    video.addSSRC(1111, 'obs', 'stream', 'v');
    const audio = new Audio('a', 'SendOnly');
    audio.addOpusCodec(111);
    audio.addSSRC(2222, 'obs', 'stream', 'a');
    this.#video = this.#connection.addTrack(video);
    this.#audio = this.#connection.addTrack(audio);
    this.#video.setMediaHandler(this.#responder);
    this.#video.onClosed(() => undefined);
    this.#audio.onClosed(() => undefined);
    this.#video.onOpen(() => tell({ event: 'connected' }));
  }

  async offer(url: string, through: number | undefined): Promise<void> {
    const gathered = Promise.withResolvers<undefined>();
    this.#connection.onGatheringStateChange((state) => {
      if (state === 'complete') gathered.resolve(undefined);
    });
    this.#connection.setLocalDescription('offer');
    await gathered.promise;
    // The library starts DTLS as soon as ICE connects, and fails where it does not know the fingerprint yet.
    const body = (this.#connection.localDescription()?.sdp ?? '').replaceAll(CANDIDATE, '');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
    this.#connection.setRemoteDescription(answer.replaceAll(CANDIDATE, ''), 'answer');
    for (const [line] of answer.matchAll(CANDIDATE)) {
      const candidate = line.slice('a='.length).trim();
      const relayed =
        through === undefined ? candidate : candidate.replace(/(127\.0\.0\.1) \d+ /, `$1 ${through} `);
      this.#connection.addRemoteCandidate(relayed, 'v');
    }
  }

  /** Sends `count` pictures and as much sound, in their time. */
  send(count: number): void {
    const units = pictures(count);
    const [first] = units;
    if (first === undefined) throw new Error('no pictures');
    const options = { firstSequenceNumber: 60_000, firstTimestamp: 0xffff_0000, maxPacketLength: 400 };
    const video = createPacketizer(first.track, { payloadType: 96, ssrc: 1111, ...options });
    const sound = createOpusTrack(1, 2);
    const audio = createPacketizer(sound, { payloadType: 111, ssrc: 2222, ...options });
    let index = 0;
    this.#timer = setInterval(() => {
      const unit = units[index];
      if (unit === undefined) {
        clearInterval(this.#timer);
        tell({ event: 'sent', pictures: units.length });
        return;
      }
      transmit(this.#video, video.packetize(unit));
      const frame = Uint8Array.of(0xfc, 0xff, 0xfe);
      const pts = index * 960;
      const track = sound;
      transmit(
        this.#audio,
        audio.packetize({
          track,
          pts,
          dts: pts,
          isRandomAccess: true,
          data: [frame],
          byteLength: 3,
          wallClockMs: NaN,
        }),
      );
      index += 1;
    }, PICTURE_MS);
  }
}

function transmit(track: Track, burst: RtpBurst): void {
  for (let index = 0; index < burstPacketCount(burst); index += 1) {
    track.sendMessageBinary(Buffer.from(burstPacket(burst, index)));
  }
}

let publisher: NativePublisher | undefined;

async function obey(command: PublisherCommand): Promise<void> {
  if (command.do === 'publish') {
    publisher = new NativePublisher();
    await publisher.offer(command.url, command.through);
  } else {
    publisher?.send(command.pictures);
  }
}

initLogger('Fatal', () => undefined);
process.on('message', (command: PublisherCommand) => {
  obey(command).catch((error: unknown) => tell({ event: 'failed', why: String(error) }));
});
process.on('disconnect', () => process.exit(0));
tell({ event: 'ready' });
