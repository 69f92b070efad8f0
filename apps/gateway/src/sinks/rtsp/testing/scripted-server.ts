import { RtspParser, rtspResponse, serializeRtspResponse, type RtspRequest } from '@vedette/protocols';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a server answers: a status with headers; `silence`: nothing; `hangUp`: it closes. */
export type ScriptedAnswer =
  { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | 'silence' | 'hangUp';

/** By method; of several answers, the last one stays. */
export type Script = Record<string, ScriptedAnswer | ScriptedAnswer[]>;

/** An RTSP server that accepts publishers, but for what its script says of a method. */
export class ScriptedServer {
  readonly requests: RtspRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Media frames that came. */
  frames = 0;
  /** After RECORD it reads nothing more. */
  stopsReading = false;

  private constructor(script: Script) {
    this.#server = createServer((socket) => this.#serve(socket, script));
  }

  static async start(script: Script = {}): Promise<ScriptedServer> {
    const made = new ScriptedServer(script);
    made.#server.listen(0, '127.0.0.1');
    await once(made.#server, 'listening');
    return made;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/in`;
  }

  get methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** Ends every connection at once. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket, script: Script): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const parser = new RtspParser({
      onFrame: () => {
        this.frames += 1;
      },
      onResponse: () => undefined,
      onRequest: (request) => {
        this.requests.push(request);
        const scripted = script[request.method] ?? { status: 200 };
        const answer = Array.isArray(scripted) ? nextOf(scripted) : scripted;
        this.#answer(socket, request, answer);
      },
    });
    socket.on('data', (chunk: Uint8Array) => parser.push(chunk));
  }

  #answer(socket: Socket, request: RtspRequest, answer: ScriptedAnswer): void {
    if (answer === 'hangUp') socket.destroy();
    if (answer === 'silence' || answer === 'hangUp') return;
    const transport = request.headers.get('Transport');
    const headers = {
      Session: '12345678',
      ...(transport === undefined ? {} : { Transport: transport }),
      ...answer.headers,
    };
    socket.write(serializeRtspResponse(rtspResponse(request, answer.status, headers)));
    if (request.method === 'RECORD' && this.stopsReading) socket.pause();
  }
}

function nextOf(answers: ScriptedAnswer[]): ScriptedAnswer {
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  if (answer === undefined) throw new Error('the script has no answer');
  return answer;
}
