import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  RtspHeaders,
  RtspParser,
  serializeRtspRequest,
  type RtspRequest,
  type RtspResponse,
} from '@vedette/protocols';

export interface ReceivedFrame {
  readonly channel: number;
  readonly packet: Uint8Array;
}

/** A client that does what a test says, right or wrong, and keeps what comes back. */
export class RtspClient {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  readonly url: string;
  #cseq = 0;
  #session: string | undefined;
  readonly #responses: RtspResponse[] = [];
  readonly #wakers = new Set<() => void>();

  private constructor(socket: Socket, url: string) {
    this.socket = socket;
    this.url = url;
    const parser = new RtspParser({
      onFrame: (channel, packet) => this.frames.push({ channel, packet }),
      onRequest: () => undefined,
      onResponse: (response) => this.#responses.push(response),
    });
    socket.on('data', (chunk: Buffer) => {
      parser.push(chunk);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#wake());
  }

  /** @param target path behind the host. */
  static async connect(port: number, target = '/gate'): Promise<RtspClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RtspClient(socket, `rtsp://127.0.0.1:${port}${target}`);
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  /** Sends a request and waits for its answer. */
  async request(
    method: string,
    { url = this.url, headers = {}, body = new Uint8Array(0) }: Partial<TestRequest> = {},
  ): Promise<RtspResponse> {
    this.#cseq += 1;
    const all = RtspHeaders.of({ CSeq: String(this.#cseq), Session: this.#session, ...headers });
    this.socket.write(serializeRtspRequest({ method, url, headers: all, body }));
    return this.response();
  }

  /** The next answer; fails when the connection closes first. */
  async response(): Promise<RtspResponse> {
    await this.until(() => this.#responses.length > 0 || this.isClosed);
    const response = this.#responses.shift();
    if (response === undefined) throw new Error('the server closed the connection instead of answering');
    const session = response.headers.get('Session');
    if (session !== undefined) this.#session = session.split(';')[0];
    return response;
  }

  async setup(track = 0, transport = `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1}`) {
    return this.request('SETUP', {
      url: `${this.url}/trackID=${track}`,
      headers: { Transport: transport },
    });
  }

  /** Waits until something that came makes `condition` true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isClosed) throw new Error('the connection closed while the test waited');
      await new Promise<void>((resolve) => {
        this.#wakers.add(resolve);
      });
    }
  }

  /** Waits until the server has closed the connection. */
  async closed(): Promise<void> {
    this.socket.resume();
    if (!this.isClosed) await once(this.socket, 'close');
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const wake of wakers) wake();
  }
}

interface TestRequest extends Pick<RtspRequest, 'url' | 'body'> {
  readonly headers: Readonly<Record<string, string | undefined>>;
}
