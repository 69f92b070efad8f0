import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** RTP packets of the first track come on this channel, behind `$` and before their length (RFC 2326 §10.12). */
const VIDEO_CHANNEL = 0;
const PREFIX_BYTES = 4;
const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * An RTSP viewer that costs next to nothing: counts pictures and gaps, and decodes nothing. So that one process
 * can be hundreds of them.
 */
export class RawViewer {
  /** Whole pictures that came. */
  pictures = 0;
  /** Places where sequence numbers do not follow each other. */
  gaps = 0;
  /** The first chunk that came after PLAY had the answer and the whole first picture in it. */
  hasPictureInFirstBurst = false;
  readonly url: string;
  readonly socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes of the present frame that are of no interest. */
  #skip = 0;
  #answersToCome = 2;
  #lastSequence: number | undefined;

  private constructor(socket: Socket, url: string) {
    this.socket = socket;
    this.url = url;
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => undefined);
  }

  /** Connects and asks for the first track of the camera at `url`; what comes is counted from now on. */
  static async play(url: string): Promise<RawViewer> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    const viewer = new RawViewer(socket, url);
    const transport = `Transport: RTP/AVP/TCP;unicast;interleaved=${VIDEO_CHANNEL}-${VIDEO_CHANNEL + 1}`;
    socket.write(
      `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n${transport}\r\n\r\n` +
        `PLAY ${url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`,
    );
    return viewer;
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  /** Says goodbye, waits for the answer, and hangs up. */
  async leave(): Promise<void> {
    this.#answersToCome += 1;
    this.socket.write(`TEARDOWN ${this.url} RTSP/1.0\r\nCSeq: 3\r\n\r\n`);
    while (this.#answersToCome > 0 && !this.isClosed) {
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')]);
    }
    await this.close();
  }

  /** Hangs up. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }

  #onData(chunk: Buffer): void {
    const hadAnswers = this.#answersToCome === 0;
    const skipped = Math.min(this.#skip, chunk.length);
    this.#skip -= skipped;
    let bytes = skipped === 0 ? chunk : chunk.subarray(skipped);
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes]);
    this.#rest = bytes.subarray(this.#take(bytes));
    if (!hadAnswers && this.#answersToCome === 0) this.hasPictureInFirstBurst = this.pictures > 0;
  }

  /** @returns how much of `bytes` was taken. */
  #take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      const length = bytes[at] === 0x24 ? this.#takeFrame(bytes, at) : this.#takeAnswer(bytes, at);
      if (length === 0) break;
      at += length;
    }
    if (at <= bytes.length) return at;
    this.#skip = at - bytes.length;
    return bytes.length;
  }

  #takeAnswer(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(HEADER_END, at);
    if (end === -1) return 0;
    this.#answersToCome -= 1;
    const first = bytes.toString('latin1', at, at + 12);
    if (first !== 'RTSP/1.0 200') throw new Error(bytes.toString('latin1', at, end));
    return end + HEADER_END.length - at;
  }

  /** Its RTP header is looked at, the rest skipped, whether it has come or not. */
  #takeFrame(bytes: Buffer, at: number): number {
    if (bytes.length - at < PREFIX_BYTES + 4) return 0;
    if (bytes[at + 1] === VIDEO_CHANNEL) {
      const sequence = bytes.readUInt16BE(at + PREFIX_BYTES + 2);
      const last = this.#lastSequence;
      if (last !== undefined && sequence !== ((last + 1) & 0xffff)) this.gaps += 1;
      this.#lastSequence = sequence;
      if (((bytes[at + PREFIX_BYTES + 1] ?? 0) & 0x80) !== 0) this.pictures += 1;
    }
    return PREFIX_BYTES + bytes.readUInt16BE(at + 2);
  }
}
