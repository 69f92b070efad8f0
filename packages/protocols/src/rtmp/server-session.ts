import { ProtocolError, type Amf0Value } from '@vedette/media';
import { parseRtmpCodecs, rtmpCodecProperties, type RtmpCodecs } from './capabilities.ts';
import { parseRtmpCommand, statusInfo, textOf, type RtmpCommand } from './command.ts';
import { RtmpServerHandshake, type RandomBytes } from './handshake.ts';
import { RTMP_LIMITS } from './limits.ts';
import { RtmpLink } from './link.ts';
import { RtmpMessageType, RtmpUserEvent, type RtmpMessage } from './messages.ts';

/** What a client asks for in `publish` or `play`. */
export interface RtmpRequest {
  readonly app: string;
  /** Name of the stream, its query included: it may hold a token, never log it. */
  readonly name: string;
  /** What the client calls itself. */
  readonly userAgent: string;
  /** What it takes beyond what RTMP always carried. */
  readonly codecs: RtmpCodecs;
}

/** The stages of a session; one connection publishes or plays one stream at a time. */
export type RtmpServerState = 'handshake' | 'connecting' | 'idle' | 'asked' | 'publishing' | 'playing';

export interface RtmpServerHandlers {
  send(bytes: Uint8Array): void;
  /** The client wants to publish: answer by `acceptPublish` or `refuse`, at once or later. */
  onPublish(request: RtmpRequest): void;
  /** The client wants to play: answer by `acceptPlay` or `refuse`, at once or later. */
  onPlay(request: RtmpRequest): void;
  /** A message of the publisher: audio, video or data (AMF0). */
  onMedia(message: RtmpMessage): void;
  /** The client ends what it asked for; it may ask for something else. */
  onStop(): void;
}

/** The one message stream there is: what is sent to viewers can then be the same for all. */
export const RTMP_STREAM_ID = 1;
/** Chunks to clients: a picture in one or a few. What SRS and others send, and every client takes. */
export const RTMP_SERVER_CHUNK_SIZE = 60_000;
const MAX_USER_AGENT = 1024;
const ASKING: ReadonlySet<string> = new Set(['publish', 'play', 'play2']);
const ENDING: ReadonlySet<string> = new Set(['deleteStream', 'closeStream', 'FCUnpublish']);
const PAUSING: ReadonlySet<string> = new Set(['pause', 'pauseRaw']);
const COMMANDS_WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'releaseStream',
  'FCPublish',
  'FCSubscribe',
  '_checkbw',
  'getStreamLength',
  'setPlaylist',
  'set_playlist',
]);

/** The server's side of one connection (RTMP 1.0 §7.2), from the first byte of the handshake on. */
export class RtmpServerSession {
  readonly #handlers: RtmpServerHandlers;
  readonly #link: RtmpLink;
  readonly #handshake: RtmpServerHandshake;
  #state: RtmpServerState = 'handshake';
  #app = '';
  #userAgent = '';
  #codecs: RtmpCodecs = { video: [], audio: [] };
  #wanted = '';
  /** Media of a publisher that does not wait for the answer: hardware sends its parameter sets once, right away. */
  #held: RtmpMessage[] | undefined;

  constructor(handlers: RtmpServerHandlers, random: RandomBytes) {
    this.#handlers = handlers;
    this.#handshake = new RtmpServerHandshake(random);
    this.#link = new RtmpLink({
      send: (bytes) => handlers.send(bytes),
      onMessage: (message) => this.#onMessage(message),
    });
  }

  get state(): RtmpServerState {
    return this.#state;
  }

  /** Whether something has begun that is to be completed. */
  get isInsideMessage(): boolean {
    return this.#state === 'handshake' || this.#link.isInsideMessage;
  }

  /** @throws {ProtocolError} the client breaks a rule or a limit: close the connection. */
  push(bytes: Uint8Array): void {
    if (this.#state !== 'handshake') {
      this.#link.push(bytes);
      return;
    }
    const { reply, rest } = this.#handshake.push(bytes);
    if (reply !== undefined) this.#handlers.send(reply);
    if (rest === undefined) return;
    this.#state = 'connecting';
    if (rest.length > 0) this.#link.push(rest);
  }

  /**
   * Lets the client publish.
   *
   * @throws {ProtocolError} what `onMedia` throws, of media that came before.
   */
  acceptPublish(): void {
    if (this.#state !== 'asked') return;
    this.#state = 'publishing';
    this.#link.sendUserControl(RtmpUserEvent.streamBegin, RTMP_STREAM_ID);
    this.#status('status', 'NetStream.Publish.Start', `${this.#wanted} is now published`);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#handlers.onMedia(message);
  }

  /** Announces media to the client: the next bytes on the connection are its own, with `RTMP_STREAM_ID`. */
  acceptPlay(): void {
    if (this.#state !== 'asked') return;
    this.#state = 'playing';
    this.#link.sendUserControl(RtmpUserEvent.streamBegin, RTMP_STREAM_ID);
    this.#status('status', 'NetStream.Play.Reset', `Playing and resetting ${this.#wanted}`);
    this.#status('status', 'NetStream.Play.Start', `Started playing ${this.#wanted}`);
  }

  /**
   * Says no to what was asked, or that it is over, in RTMP's words.
   *
   * @param code such as `NetStream.Publish.BadName`.
   */
  refuse(code: string, description: string): void {
    this.#status('error', code, description);
    this.#toIdle();
  }

  /** Tells the client that what it plays has ended. */
  endPlay(description: string): void {
    if (this.#state !== 'playing') return;
    this.#link.sendUserControl(RtmpUserEvent.streamEnd, RTMP_STREAM_ID);
    this.#status('status', 'NetStream.Play.UnpublishNotify', description);
    this.#status('status', 'NetStream.Play.Stop', description);
    this.#toIdle();
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
        this.#onMedia(message);
        break;
      case RtmpMessageType.dataAmf3:
        this.#onMedia({ ...message, type: RtmpMessageType.data, payload: message.payload.subarray(1) });
        break;
      default: // shared objects and what nobody knows
    }
  }

  #onMedia(message: RtmpMessage): void {
    if (this.#state === 'publishing') this.#handlers.onMedia(message);
    else if (this.#held !== undefined) this.#hold(this.#held, message);
  }

  #hold(held: RtmpMessage[], message: RtmpMessage): void {
    if (held.length === RTMP_LIMITS.heldMessages) {
      throw new ProtocolError('ERR_RTMP_LIMIT', 'Too much media before the answer to publish');
    }
    held.push({ ...message, payload: message.payload.slice() });
  }

  #onCommand(command: RtmpCommand): void {
    const { name, transaction } = command;
    if (this.#state === 'connecting' && name !== 'connect') {
      throw new ProtocolError('ERR_RTMP_COMMAND', 'The first command must be connect');
    }
    if (name === 'connect') this.#connect(command);
    else if (name === 'createStream') this.#link.sendCommand(0, '_result', transaction, null, RTMP_STREAM_ID);
    else if (ASKING.has(name)) this.#ask(command);
    else if (ENDING.has(name)) this.#stop();
    else if (PAUSING.has(name)) this.#pause(command);
    else if (name === 'seek') this.#status('error', 'NetStream.Seek.Failed', 'This is live');
    else this.#answer(command);
  }

  #connect({ transaction, object }: RtmpCommand): void {
    if (this.#state !== 'connecting') {
      throw new ProtocolError('ERR_RTMP_COMMAND', 'A connection connects once');
    }
    this.#state = 'idle';
    this.#app = limited(textOf(object['app']));
    this.#userAgent = textOf(object['flashVer']).slice(0, MAX_USER_AGENT);
    this.#codecs = parseRtmpCodecs(object);
    this.#link.sendWindow();
    this.#link.sendPeerBandwidth();
    this.#link.setChunkSize(RTMP_SERVER_CHUNK_SIZE);
    const encoding = object['objectEncoding'];
    this.#link.sendCommand(
      0,
      '_result',
      transaction,
      { fmsVer: 'FMS/3,0,1,123', capabilities: 31, mode: 1 },
      {
        ...statusInfo('status', 'NetConnection.Connect.Success', 'Connection succeeded.'),
        objectEncoding: typeof encoding === 'number' ? encoding : 0,
        ...rtmpCodecProperties(),
      },
    );
  }

  #ask({ name, args }: RtmpCommand): void {
    if (this.#state !== 'idle') {
      const code = name === 'publish' ? 'NetStream.Publish.Failed' : 'NetStream.Play.Failed';
      this.#status('error', code, 'One connection publishes or plays one stream');
      return;
    }
    const wanted = limited(name === 'play2' ? play2Name(args[0]) : textOf(args[0]));
    this.#state = 'asked';
    this.#wanted = wanted.replace(/\?.*$/s, ''); // as it may be repeated: without a token
    const request = { app: this.#app, name: wanted, userAgent: this.#userAgent, codecs: this.#codecs };
    if (name !== 'publish') {
      this.#handlers.onPlay(request);
      return;
    }
    this.#held = [];
    this.#link.expectMedia(true);
    this.#handlers.onPublish(request);
  }

  #stop(): void {
    if (this.#state !== 'asked' && this.#state !== 'publishing' && this.#state !== 'playing') return;
    const wasPublishing = this.#state === 'publishing';
    this.#toIdle();
    this.#handlers.onStop();
    if (wasPublishing) this.#status('status', 'NetStream.Unpublish.Success', 'No longer published');
  }

  /** Live goes on; who pauses is told what it wants to hear, and may drop what comes. */
  #pause({ args }: RtmpCommand): void {
    const isPause = args[0] === true;
    const code = isPause ? 'NetStream.Pause.Notify' : 'NetStream.Unpause.Notify';
    this.#status('status', code, isPause ? 'Paused' : 'Unpaused');
  }

  #answer({ name, transaction }: RtmpCommand): void {
    if (transaction === 0 || name === '_result' || name === '_error' || name === 'onStatus') return;
    if (COMMANDS_WITHOUT_EFFECT.has(name)) {
      const result = name === 'getStreamLength' ? 0 : undefined;
      this.#link.sendCommand(0, '_result', transaction, null, result);
      return;
    }
    const info = statusInfo('error', 'NetConnection.Call.Failed', 'There is no such command');
    this.#link.sendCommand(0, '_error', transaction, null, info);
  }

  #status(level: 'status' | 'error', code: string, description: string): void {
    this.#link.sendCommand(RTMP_STREAM_ID, 'onStatus', 0, null, statusInfo(level, code, description));
  }

  #toIdle(): void {
    this.#state = 'idle';
    this.#held = undefined;
    this.#link.expectMedia(false);
  }
}

/** `play2` brings its name in an object (Flash: NetStreamPlayOptions). */
function play2Name(options: Amf0Value): string {
  return typeof options === 'object' && options !== null && 'streamName' in options
    ? textOf(options.streamName)
    : '';
}

function limited(name: string): string {
  if (name.length > RTMP_LIMITS.nameLength)
    throw new ProtocolError('ERR_RTMP_COMMAND', `A name of ${name.length} characters`);
  return name;
}
