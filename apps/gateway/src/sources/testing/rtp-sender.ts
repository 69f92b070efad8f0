import {
  AnnexBPictureSplitter,
  createG711Track,
  createVideoAssembler,
  unixMsToNtp,
  type AccessUnit,
  type Track,
} from '@vedette/media';
import {
  burstPacket,
  burstPacketCount,
  createPacketizer,
  parseSdp,
  rtspPayloadType,
  serializeRtcp,
  serializeRtspSdp,
  tracksFromSdp,
  type RtpPacketizer,
  type SdpTrack,
} from '@vedette/protocols';
import { ffmpeg } from '../../../../../packages/media/src/testing/ffmpeg.ts';

export const GOP = 10;
/** Ticks from one picture to the next, of 90 kHz; 25 pictures a second. */
export const PICTURE_TICKS = 3600;

/** Pictures of a tiny H.264 video: a key picture every {@link GOP}, each of several slices. */
export function testPictures(count: number): AccessUnit[] {
  const { stdout } = ffmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=128x128:rate=25:duration=${count / 25}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
    ...['-x264-params', `keyint=${GOP}:min-keyint=${GOP}:scenecut=0:slices=2:threads=1`],
    ...['-pix_fmt', 'yuv420p', '-f', 'h264', 'pipe:1'],
  ]);
  const splitter = new AnnexBPictureSplitter('h264');
  const assembler = createVideoAssembler('h264', 0, 90_000);
  return [...splitter.push(new Uint8Array(stdout)), ...splitter.flush()].flatMap(
    (nals, index) => assembler.push(nals, index * PICTURE_TICKS) ?? [],
  );
}

/** 20 ms of sound each. */
export function testSound(count: number): AccessUnit[] {
  const track = createG711Track(1, 'pcmu', 8000, 1);
  return Array.from({ length: count }, (_, index) => {
    const data = [new Uint8Array(160).fill(index)];
    const pts = index * 160;
    return { track, pts, dts: pts, isRandomAccess: true, data, byteLength: 160, wallClockMs: Number.NaN };
  });
}

/** The tracks as a camera's description offers them. */
export function describeTracks(tracks: readonly Track[]): readonly SdpTrack[] {
  const text = serializeRtspSdp(tracks, { name: 'test', sessionId: '1', address: '127.0.0.1' });
  return tracksFromSdp(parseSdp(text)).tracks;
}

/** The RTP side of a camera's track. */
export class RtpSender {
  readonly #packetizer: RtpPacketizer;

  constructor(track: Track, firstTimestamp: number, firstSequenceNumber = 65_530) {
    this.#packetizer = createPacketizer(track, {
      firstTimestamp,
      firstSequenceNumber,
      ssrc: 0x1000 + track.id,
      payloadType: rtspPayloadType(track),
      maxPacketLength: 300,
    });
  }

  packets(unit: AccessUnit): Uint8Array[] {
    const burst = this.#packetizer.packetize(unit);
    return Array.from({ length: burstPacketCount(burst) }, (_, index) => burstPacket(burst, index));
  }

  timestampOf(pts: number): number {
    return this.#packetizer.timestampOf(pts);
  }

  /** A sender report that says `pts` was at `unixMs`; NTP zero for `undefined`. */
  report(pts: number, unixMs: number | undefined): Uint8Array {
    return serializeRtcp([
      {
        type: 'sr',
        ssrc: this.#packetizer.ssrc,
        ntp: unixMs === undefined ? { seconds: 0, fraction: 0 } : unixMsToNtp(unixMs),
        rtpTimestamp: this.timestampOf(pts),
        packetCount: 0,
        octetCount: 0,
        reports: [],
      },
    ]);
  }

  goodbye(): Uint8Array {
    return serializeRtcp([{ type: 'bye', ssrcs: [this.#packetizer.ssrc], reason: undefined }]);
  }
}
