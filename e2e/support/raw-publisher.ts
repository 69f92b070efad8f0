import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { AccessUnit, VideoTrack } from '@vedette/media';
import {
  createPacketizer,
  RTSP_MAX_PACKET_LENGTH,
  rtspPayloadType,
  serializeRtspSdp,
} from '@vedette/protocols';
import { assembleUnits, mp4VideoStream } from '../../packages/media/src/testing/video-stream.ts';

/** The pictures of a file, ready to be sent over an RTSP connection. */
export interface RawClip {
  /** Body of ANNOUNCE. */
  readonly description: string;
  /** Interleaved frames, one buffer a picture. */
  readonly pictures: readonly Buffer[];
}

/** Cuts an MP4 file with H.264 into packets. */
export function rawClip(file: string): RawClip {
  const units = assembleUnits(mp4VideoStream(file, 'h264'));
  const track = trackOf(units);
  const packetizer = createPacketizer(track, {
    ssrc: 1,
    payloadType: rtspPayloadType(track),
    firstSequenceNumber: 0,
    firstTimestamp: 0,
    maxPacketLength: RTSP_MAX_PACKET_LENGTH,
    interleavedChannel: 0,
  });
  return {
    description: serializeRtspSdp([track], { name: 'clip', sessionId: '1', address: '127.0.0.1' }),
    pictures: units.map((unit) => Buffer.from(packetizer.packetize(unit).bytes)),
  };
}

function trackOf([first]: readonly AccessUnit[]): VideoTrack {
  if (first?.track.kind !== 'video') throw new Error('the file has no pictures');
  return first.track;
}

/** An RTSP publisher that costs next to nothing. */
export class RawPublisher {
  readonly #socket: Socket;
  readonly #url: string;
  #answers = '';

  private constructor(socket: Socket, url: string) {
    this.#socket = socket;
    this.#url = url;
    socket.on('data', (chunk: Buffer) => (this.#answers += chunk.toString('latin1')));
    socket.on('error', () => undefined);
  }

  /** @throws {Error} the gateway refuses; the message is its answer. */
  static async record(url: string, { description }: RawClip): Promise<RawPublisher> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const publisher = new RawPublisher(socket, url);
    const announced = { 'Content-Type': 'application/sdp', 'Content-Length': String(description.length) };
    await publisher.#request('ANNOUNCE', url, announced, description);
    const transport = 'RTP/AVP/TCP;unicast;interleaved=0-1;mode=record';
    await publisher.#request('SETUP', `${url}/trackID=0`, { Transport: transport });
    await publisher.#request('RECORD', url);
    return publisher;
  }

  get isClosed(): boolean {
    return this.#socket.closed;
  }

  send(picture: Buffer): void {
    this.#socket.write(picture);
  }

  /** Says goodbye and hangs up; all that was sent has been taken by then. */
  async leave(): Promise<void> {
    await this.#request('TEARDOWN', this.#url);
    await this.close();
  }

  /** Hangs up. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  async #request(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    body = '',
  ): Promise<void> {
    this.#answers = '';
    const lines = Object.entries({ CSeq: '1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`${method} ${url} RTSP/1.0\r\n${lines.join('')}\r\n${body}`);
    while (!this.#answers.includes('\r\n\r\n')) {
      if (this.isClosed) throw new Error(`${method}: the connection closed`);
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')]);
    }
    if (!this.#answers.startsWith('RTSP/1.0 200')) throw new Error(`${method}: ${this.#answers}`);
  }
}
