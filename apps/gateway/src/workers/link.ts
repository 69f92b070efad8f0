import type { Duplex } from 'node:stream';
import { type AccessUnit, type ErrorCode, ProtocolError } from '@vedette/media';
import { Channel, type ChannelHandler } from './channel.ts';
import { type Frame, FrameReader, serializeControl, serializeUnit, type UnitFrame } from './frames.ts';
import { parseTracks } from './track-json.ts';

/** What one end of a link understands. Values are JSON; keep them small, media goes by channels. */
export interface Messages {
  readonly requests: Record<string, { readonly params: unknown; readonly result: unknown }>;
  readonly notices: Record<string, unknown>;
}

/** A result and the bytes that go with it. */
interface Reply<Result> {
  readonly result: Result;
  readonly attachment?: readonly Uint8Array[];
}

/** A reply as it arrives: the attachment is one view, empty where there was none. */
export interface Answer<Result> {
  readonly result: Result;
  readonly attachment: Uint8Array;
}

/**
 * What an end does with the messages it understands, in the order of their arrival. A request
 * answers with what its handler returns; an error thrown becomes the asker's. A handler that joins
 * a channel does so before its first `await`, for media may follow in the same chunk.
 */
export interface Handlers<In extends Messages> {
  readonly requests: {
    readonly [Name in keyof In['requests']]: (
      params: In['requests'][Name]['params'],
      attachment: Uint8Array,
    ) => Reply<In['requests'][Name]['result']> | Promise<Reply<In['requests'][Name]['result']>>;
  };
  readonly notices: { readonly [Name in keyof In['notices']]: (value: In['notices'][Name]) => void };
}

export interface LinkOptions<In extends Messages> {
  readonly handlers: Handlers<In>;
  /** Bytes of media that may wait for the other end; from there on whole pictures are dropped. */
  readonly maxQueueBytes?: number;
  /** Told when the other end, a worker, has said that it is ready. */
  readonly onReady?: () => void;
  /** Told once when the link is over; `error` is what was wrong with what it sent,
   * `undefined` where an end closed or died. */
  readonly onClose?: (error: Error | undefined) => void;
}

/** Why a request has no result: the other end said so, did not answer, or is gone. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Media that may wait for one worker: above what any picture takes, below what anybody would miss. */
const MAX_QUEUE_BYTES = 16 * 1024 * 1024;
/** Everything that may wait: media stops long before, so that this many bytes are messages gone wild. */
const MAX_BACKLOG_BYTES = 4 * MAX_QUEUE_BYTES;
const REQUEST_TIMEOUT_MS = 5000;

interface Pending {
  readonly resolve: (answer: Answer<unknown>) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

type Control =
  | { readonly t: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly t: 'result'; readonly id: number; readonly result: unknown }
  | { readonly t: 'error'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  | { readonly t: 'notice'; readonly name: string; readonly value: unknown }
  | { readonly t: 'tracks'; readonly channel: number; readonly tracks: unknown }
  | { readonly t: 'end'; readonly channel: number; readonly reason: string }
  | { readonly t: 'ready' }
  | { readonly t: 'ping' }
  | { readonly t: 'pong' };

/**
 * One end of the framed socket between the gateway and a worker: requests with answers, notices,
 * and numbered channels of access units, all in one order.
 *
 * Both ends are this program, of one version: the envelope and the media are checked, since a worker
 * holds native code that bad media may have damaged; the meaning of `params` is left to the handlers.
 * Whatever is wrong with what arrives closes the link, and with it the worker.
 */
export class Link<In extends Messages, Out extends Messages> {
  /** Pings that nothing has answered; whatever arrives sets it to 0. */
  unansweredPings = 0;
  readonly #socket: Duplex;
  readonly #handlers: Handlers<In>;
  readonly #onReady: () => void;
  readonly #onClose: (error: Error | undefined) => void;
  readonly #maxQueueBytes: number;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #channels = new Map<number, Channel>();
  #lastId = 0;
  #lastChannel = 0;
  #isClosed = false;

  /** The link owns `socket` from here on and reads it from the next turn of the event loop. */
  constructor(socket: Duplex, options: LinkOptions<In>) {
    this.#socket = socket;
    this.#handlers = options.handlers;
    this.#maxQueueBytes = options.maxQueueBytes ?? MAX_QUEUE_BYTES;
    this.#onReady = options.onReady ?? (() => undefined);
    this.#onClose = options.onClose ?? (() => undefined);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    // EPIPE, ECONNRESET: the other end is gone, and its exit says why better than these do.
    socket.on('error', () => this.#finish(undefined));
    socket.on('end', () => this.#finish(undefined));
    socket.on('close', () => this.#finish(undefined));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that wait for the other end. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /**
   * Asks the other end.
   *
   * @throws {LinkError} its handler's error with its code; `ERR_LINK_TIMEOUT`; `ERR_LINK_CLOSED`.
   */
  request<Name extends keyof Out['requests'] & string>(
    name: Name,
    params: Out['requests'][Name]['params'],
    {
      attachment = [],
      timeoutMs = REQUEST_TIMEOUT_MS,
    }: { attachment?: readonly Uint8Array[]; timeoutMs?: number } = {},
  ): Promise<Answer<Out['requests'][Name]['result']>> {
    if (this.#isClosed) return Promise.reject(closedError());
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Answer<unknown>>();
    const timer = setTimeout(() => {
      this.#pending.delete(id);
      reject(new LinkError('ERR_LINK_TIMEOUT', `no answer to ${name} within ${timeoutMs} ms`));
    }, timeoutMs);
    this.#pending.set(id, { resolve, reject, timer });
    try {
      this.#send({ t: 'request', id, name, params }, attachment);
    } catch (error) {
      this.#settle(id)?.reject(asError(error));
    }
    return promise;
  }

  /** Tells the other end; nothing comes back. Lost where the link is closed. */
  notify<Name extends keyof Out['notices'] & string>(name: Name, value: Out['notices'][Name]): void {
    this.#send({ t: 'notice', name, value });
  }

  /**
   * Opens a channel with the next number, to be named to the other end in a request. Only the
   * gateway's end opens; the worker's joins.
   */
  openChannel(handler?: ChannelHandler): Channel {
    return this.joinChannel(++this.#lastChannel, handler);
  }

  /** Takes part in the channel that the other end opened as `number`. */
  joinChannel(number: number, handler: ChannelHandler = {}): Channel {
    const channel: Channel = new Channel(number, handler, {
      isEnded: () => this.#channels.get(number) !== channel,
      sendTracks: (tracks) => this.#send({ t: 'tracks', channel: number, tracks }),
      sendUnit: (unit) => this.#sendUnit(number, unit),
      sendEnd: (reason) => {
        this.#channels.delete(number);
        this.#send({ t: 'end', channel: number, reason });
      },
      queuedBytes: () => this.#socket.writableLength,
      maxQueueBytes: this.#maxQueueBytes,
    });
    this.#channels.set(number, channel);
    if (this.#isClosed) this.#endChannel(number, 'the link is closed');
    return channel;
  }

  /** The worker's first word. */
  sendReady(): void {
    this.#send({ t: 'ready' });
  }

  /** Asks for a sign of life; see `unansweredPings`. */
  ping(): void {
    this.unansweredPings += 1;
    this.#send({ t: 'ping' });
  }

  /** Sends what waits and ends the link; the other end sees a polite end. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#socket.end();
    this.#finish(undefined);
  }

  /** Ends the link at once. Safe to call twice. */
  destroy(error?: Error): void {
    this.#finish(error);
    this.#socket.destroy();
  }

  #send(control: Control, attachment: readonly Uint8Array[] = []): void {
    if (this.#isClosed) return;
    if (this.#socket.writableLength > MAX_BACKLOG_BYTES) {
      this.destroy(new LinkError('ERR_LINK_STUCK', `${MAX_BACKLOG_BYTES} bytes wait and are not taken`));
      return;
    }
    let attachmentBytes = 0;
    for (const part of attachment) attachmentBytes += part.byteLength;
    this.#write(serializeControl(JSON.stringify(control), attachmentBytes), attachment);
  }

  #sendUnit(channel: number, unit: AccessUnit): void {
    const { pts, dts, wallClockMs, isRandomAccess, data, byteLength, track } = unit;
    const trackId = track.id;
    this.#write(
      serializeUnit({ channel, trackId, pts, dts, wallClockMs, isRandomAccess, data, byteLength }),
      data,
    );
  }

  /** One `writev` for the front and its parts: nothing is copied. */
  #write(front: Uint8Array, parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    this.#socket.cork();
    this.#socket.write(front);
    for (const part of parts) if (part.byteLength > 0) this.#socket.write(part);
    this.#socket.uncork();
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.unansweredPings = 0;
    try {
      this.#reader.push(chunk, this.#onFrame);
    } catch (error) {
      this.destroy(asError(error));
    }
  }

  readonly #onFrame = (frame: Frame): boolean => {
    if (this.#isClosed) return false;
    if (frame.type === 'unit') this.#onUnit(frame);
    else this.#onControl(parseControl(frame.json), frame.attachment);
    return true;
  };

  #onUnit(frame: UnitFrame): void {
    // A channel that one end has just left may still be fed by the other: that is no error.
    this.#channels.get(frame.channel)?.receive(frame);
  }

  #onControl(control: Control, attachment: Uint8Array): void {
    switch (control.t) {
      case 'request':
        void this.#answer(control.id, control.name, control.params, attachment);
        return;
      case 'result':
        this.#settle(control.id)?.resolve({ result: control.result, attachment });
        return;
      case 'error':
        this.#settle(control.id)?.reject(new LinkError(control.code, control.message));
        return;
      case 'notice':
        this.#hear(control.name, control.value);
        return;
      case 'tracks':
        this.#channels.get(control.channel)?.receiveTracks(parseTracks(control.tracks));
        return;
      case 'end':
        this.#endChannel(control.channel, control.reason);
        return;
      default:
        this.#onSign(control.t);
    }
  }

  #onSign(sign: 'ready' | 'ping' | 'pong'): void {
    switch (sign) {
      case 'ready':
        this.#onReady();
        return;
      case 'ping':
        this.#send({ t: 'pong' });
        return;
      case 'pong':
        return;
      default:
        throw new ProtocolError('ERR_LINK_MESSAGE', 'a control message of no known kind');
    }
  }

  /** Runs up to the handler's first `await` in the order of arrival. */
  async #answer(id: number, name: string, params: unknown, attachment: Uint8Array): Promise<void> {
    try {
      const handler = handlerOf(this.#handlers.requests, name);
      if (handler === undefined) throw new LinkError('ERR_LINK_MESSAGE', `no request is called ${name}`);
      const reply = await (handler as (params: unknown, attachment: Uint8Array) => unknown)(
        params,
        attachment,
      );
      const { result, attachment: parts } = reply as Reply<unknown>;
      this.#send({ t: 'result', id, result }, parts);
    } catch (error) {
      const { code, message } = describe(error);
      this.#send({ t: 'error', id, code, message });
    }
  }

  #hear(name: string, value: unknown): void {
    const handler = handlerOf(this.#handlers.notices, name);
    if (handler === undefined) throw new ProtocolError('ERR_LINK_MESSAGE', `no notice is called ${name}`);
    handler(value);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #endChannel(number: number, reason: string): void {
    const channel = this.#channels.get(number);
    this.#channels.delete(number);
    channel?.ended(reason);
  }

  #finish(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (error !== undefined) this.#socket.destroy();
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(closedError(error));
    for (const number of [...this.#channels.keys()]) this.#endChannel(number, 'the link is closed');
    this.#onClose(error);
  }
}

function parseControl(json: string): Control {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new ProtocolError('ERR_LINK_MESSAGE', 'a control message that is no JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null) {
    throw new ProtocolError('ERR_LINK_MESSAGE', 'a control message that is no object');
  }
  const fields = value as Record<string, unknown>;
  for (const [key, type] of CONTROL_FIELDS) {
    if (key in fields && typeof fields[key] !== type) {
      throw new ProtocolError('ERR_LINK_MESSAGE', `a control message whose ${key} is no ${type}`);
    }
  }
  return value as Control;
}

const CONTROL_FIELDS = [
  ['id', 'number'],
  ['name', 'string'],
  ['channel', 'number'],
  ['reason', 'string'],
  ['code', 'string'],
  ['message', 'string'],
] as const;

/** The handler of that name; a name from the wire must not find what every object inherits. */
function handlerOf(table: object, name: string): ((...values: unknown[]) => unknown) | undefined {
  if (!Object.hasOwn(table, name)) return undefined;
  return (table as Record<string, (...values: unknown[]) => unknown>)[name];
}

function describe(error: unknown): { code: ErrorCode; message: string } {
  if (!(error instanceof Error)) return { code: 'ERR_WORKER', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code: code.startsWith('ERR_') ? (code as ErrorCode) : 'ERR_WORKER', message: error.message };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function closedError(cause?: Error): LinkError {
  return new LinkError('ERR_LINK_CLOSED', 'the worker is gone', cause && { cause });
}
