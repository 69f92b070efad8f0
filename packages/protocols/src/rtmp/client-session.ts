import { isAmf0Object, ProtocolError, type Amf0Object, type ErrorCode } from '@vedette/media';
import { parseRtmpCodecs, rtmpCodecProperties, type RtmpCodecs } from './capabilities.ts';
import { parseRtmpCommand, textOf, type RtmpCommand } from './command.ts';
import { RtmpClientHandshake, type RandomBytes } from './handshake.ts';
import { RtmpLink } from './link.ts';
import { RtmpMessageType, RtmpUserEvent, type RtmpMessage } from './messages.ts';
import type { RtmpUrl } from './rtmp-url.ts';

/** What the server has agreed to. */
export interface RtmpAgreement {
  /** Message stream of the media. */
  readonly streamId: number;
  /** What the server says it takes beyond what RTMP always carried. */
  readonly codecs: RtmpCodecs;
}

export interface RtmpClientHandlers {
  send(bytes: Uint8Array): void;
  /** Playing: media are about to come. Publishing: they may be sent now. */
  onReady(agreement: RtmpAgreement): void;
  /** Playing: audio, video or data (AMF0). */
  onMedia(message: RtmpMessage): void;
  /** The server ended the stream, in its words. */
  onEnd(reason: string): void;
}

export interface RtmpClientOptions {
  readonly url: RtmpUrl;
  readonly action: 'play' | 'publish';
  readonly random: RandomBytes;
}

/** Chunks to servers: what OBS and many encoders send. */
export const RTMP_CLIENT_CHUNK_SIZE = 4096;
/** How much a player says it keeps; servers begin with that much where they can. */
const BUFFER_MS = 3000;
const Transaction = { connect: 1, releaseStream: 2, fcPublish: 3, createStream: 4, start: 5 } as const;
const AGENT = 'FMLE/3.0 (compatible; Vedette)';

/** Codes of status and error answers that mean something of their own; the rest is `ERR_RTMP_REFUSED`. */
const ERRORS: Readonly<Record<string, ErrorCode>> = {
  'NetConnection.Connect.InvalidApp': 'ERR_RTMP_NOT_FOUND',
  'NetStream.Play.StreamNotFound': 'ERR_RTMP_NOT_FOUND',
  'NetStream.Play.Failed': 'ERR_RTMP_NOT_FOUND',
  'NetStream.Publish.BadName': 'ERR_RTMP_BAD_NAME',
};
/** The stream is over, and may come back. */
const ENDS: ReadonlySet<string> = new Set([
  'NetStream.Play.UnpublishNotify',
  'NetStream.Play.Stop',
  'NetStream.Play.Complete',
  'NetStream.Unpublish.Success',
]);

/** The client's side of one connection (RTMP 1.0 §7.2): plays or publishes one stream. */
export class RtmpClientSession {
  readonly #handlers: RtmpClientHandlers;
  readonly #url: RtmpUrl;
  readonly #action: 'play' | 'publish';
  readonly #handshake: RtmpClientHandshake;
  readonly #link: RtmpLink;
  #hasShakenHands = false;
  #streamId = 0;
  #isReady = false;
  #codecs: RtmpCodecs = { video: [], audio: [] };

  constructor(handlers: RtmpClientHandlers, { url, action, random }: RtmpClientOptions) {
    this.#handlers = handlers;
    this.#url = url;
    this.#action = action;
    this.#handshake = new RtmpClientHandshake(random);
    this.#link = new RtmpLink({
      send: (bytes) => handlers.send(bytes),
      onMessage: (message) => this.#onMessage(message),
    });
  }

  /** Sends the first bytes. */
  start(): void {
    this.#handlers.send(this.#handshake.start());
  }

  /** @throws {ProtocolError} the server refuses, or breaks a rule or a limit: close the connection. */
  push(bytes: Uint8Array): void {
    if (this.#hasShakenHands) {
      this.#link.push(bytes);
      return;
    }
    const { reply, rest } = this.#handshake.push(bytes);
    if (reply !== undefined) this.#handlers.send(reply);
    if (rest === undefined) return;
    this.#hasShakenHands = true;
    this.#connect();
    if (rest.length > 0) this.#link.push(rest);
  }

  /** Says goodbye. */
  leave(): void {
    if (this.#streamId === 0) return;
    if (this.#action === 'publish') this.#link.sendCommand(0, 'FCUnpublish', 0, null, this.#url.name);
    this.#link.sendCommand(0, 'deleteStream', 0, null, this.#streamId);
  }

  #connect(): void {
    const { app, tcUrl } = this.#url;
    const isPublishing = this.#action === 'publish';
    if (isPublishing) this.#link.setChunkSize(RTMP_CLIENT_CHUNK_SIZE);
    this.#link.sendCommand(0, 'connect', Transaction.connect, {
      app,
      ...(isPublishing ? { type: 'nonprivate' } : {}),
      flashVer: AGENT,
      tcUrl,
      ...(isPublishing
        ? {}
        : { fpad: false, capabilities: 15, audioCodecs: 4071, videoCodecs: 252, videoFunction: 1 }),
      ...rtmpCodecProperties(),
    });
  }

  #onMessage(message: RtmpMessage): void {
    switch (message.type) {
      case RtmpMessageType.command:
      case RtmpMessageType.commandAmf3:
        this.#onCommand(parseRtmpCommand(message.payload, message.type === RtmpMessageType.commandAmf3));
        break;
      case RtmpMessageType.audio:
      case RtmpMessageType.video:
      case RtmpMessageType.data:
        if (this.#action !== 'play' || this.#streamId === 0) break;
        this.#ready(); // some servers send media and never say Play.Start
        this.#handlers.onMedia(message);
        break;
      default:
    }
  }

  #onCommand({ name, transaction, object, args }: RtmpCommand): void {
    const info = isAmf0Object(args[0]) ? args[0] : {};
    switch (name) {
      case '_result':
        if (transaction === Transaction.connect) this.#onConnected(info);
        else if (transaction === Transaction.createStream) this.#onStream(args[0]);
        break;
      case '_error':
        // releaseStream and FCPublish are courtesies that many servers know nothing of.
        if (transaction === Transaction.connect || transaction >= Transaction.createStream)
          throw this.#refused(info);
        break;
      case 'onStatus':
        this.#onStatus(isAmf0Object(args[0]) ? info : object);
        break;
      case 'close':
        this.#handlers.onEnd('the server closed the connection');
        break;
      default: // onBWDone, onFCPublish and the like
    }
  }

  #onConnected(info: Amf0Object): void {
    this.#codecs = parseRtmpCodecs(info);
    this.#link.sendWindow();
    const { name } = this.#url;
    if (this.#action === 'publish') {
      this.#link.sendCommand(0, 'releaseStream', Transaction.releaseStream, null, name);
      this.#link.sendCommand(0, 'FCPublish', Transaction.fcPublish, null, name);
    }
    this.#link.sendCommand(0, 'createStream', Transaction.createStream, null);
  }

  #onStream(id: unknown): void {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > 0xffff_ffff) {
      throw new ProtocolError('ERR_RTMP_COMMAND', 'The server made a stream without a number');
    }
    this.#streamId = id;
    const { name } = this.#url;
    if (this.#action === 'publish') {
      this.#link.sendCommand(id, 'publish', Transaction.start, null, name, 'live');
      return;
    }
    this.#link.expectMedia(true);
    this.#link.sendCommand(id, 'play', Transaction.start, null, name, -2000); // live, or recorded where it is
    this.#link.sendUserControl(RtmpUserEvent.setBufferLength, id, BUFFER_MS);
  }

  #onStatus(info: Amf0Object): void {
    const code = textOf(info['code']);
    if (textOf(info['level']) === 'error') throw this.#refused(info);
    if (code === 'NetStream.Publish.Start' && this.#action === 'publish') this.#ready();
    else if (code === 'NetStream.Play.Start' && this.#action === 'play') this.#ready();
    else if (ENDS.has(code)) this.#handlers.onEnd(this.#words(info) || 'the stream has ended');
  }

  #ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#handlers.onReady({ streamId: this.#streamId, codecs: this.#codecs });
  }

  #refused(info: Amf0Object): ProtocolError {
    const code = textOf(info['code']);
    const description = this.#words(info);
    const needsUser = /authmod|unauthorized|authoriz|denied/i.test(`${code} ${description}`);
    const ours = needsUser ? 'ERR_RTMP_UNAUTHORIZED' : (ERRORS[code] ?? 'ERR_RTMP_REFUSED');
    return new ProtocolError(ours, `The server refuses: ${description || code || 'it does not say why'}`);
  }

  /** What the server says, fit for one line of a log: without queries and a publisher's name, which may be keys. */
  #words(info: Amf0Object): string {
    const [name = ''] = this.#url.name.split('?', 1);
    const text = textOf(info['description'])
      .replace(/[^\x20-\x7e]+/g, ' ')
      .replace(/\?\S*/g, '');
    const isKey = this.#action === 'publish' && name !== '';
    return (isKey ? text.replaceAll(name, '…') : text).slice(0, 200);
  }
}
