import { until } from './until.ts';

/** One packet of Socket.IO behind Engine.IO's `4` (message): protocol 5, https://socket.io/docs/v4/socket-io-protocol. */
const CONNECTED = '40';
const REFUSED = '44';
const EVENT = '42';
const PING = '2';
const PONG = '3';

/** A client of Socket.IO, as small as it can be: keeps everything that it is told. */
export class EventSocket {
  /** Name and message of each event, in order. */
  readonly events: (readonly [name: string, message: unknown])[] = [];
  /** The code with which it was refused. */
  refusal: string | undefined;
  isConnected = false;
  isClosed = false;
  readonly #socket: WebSocket;

  constructor(http: string, token?: string) {
    this.#socket = new WebSocket(`${http.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.#socket.addEventListener('message', ({ data }) => this.#take(String(data), token));
    this.#socket.addEventListener('close', () => (this.isClosed = true));
    this.#socket.addEventListener('error', () => (this.isClosed = true));
  }

  /** Waits until it is connected, or refused. */
  async settled(): Promise<void> {
    await until(() => this.isConnected || this.refusal !== undefined || this.isClosed, {
      what: 'an answer to a Socket.IO client',
    });
  }

  /** What the last event of the name said. */
  last(name: string): unknown {
    return this.events.findLast(([each]) => each === name)?.[1];
  }

  /** Whether an event of the name came, about something with these properties. */
  has(name: string, properties: Readonly<Record<string, unknown>> = {}): boolean {
    return this.events.some(
      ([each, message]) =>
        each === name &&
        Object.entries(properties).every(
          ([key, value]) => (message as Readonly<Record<string, unknown>>)[key] === value,
        ),
    );
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string, token: string | undefined): void {
    if (text.startsWith('0')) {
      this.#socket.send(CONNECTED + (token === undefined ? '' : JSON.stringify({ token })));
    } else if (text === PING) this.#socket.send(PONG);
    else if (text.startsWith(CONNECTED)) this.isConnected = true;
    else if (text.startsWith(REFUSED)) {
      const { data } = JSON.parse(text.slice(REFUSED.length)) as { data?: { code?: string } };
      this.refusal = data?.code ?? 'no code';
    } else if (text.startsWith(EVENT)) {
      const [name, message] = JSON.parse(text.slice(EVENT.length)) as [string, unknown];
      this.events.push([name, message]);
    }
  }
}
