import { FLV_TAG_HEADER_BYTES, parseFlvTagHeader, ProtocolError, type Amf0Value } from '@vedette/media';
import { RtmpChunkReader } from './chunk-reader.ts';
import { serializeRtmpMessage } from './chunk-writer.ts';
import { serializeRtmpCommand } from './command.ts';
import { RTMP_LIMITS } from './limits.ts';
import {
  peerBandwidthPayload,
  RTMP_DEFAULT_CHUNK_SIZE,
  RtmpChunkStream,
  RtmpMessageType,
  RtmpUserEvent,
  u32Payload,
  userControlPayload,
  type RtmpMessage,
} from './messages.ts';

export interface RtmpLinkHandlers {
  send(bytes: Uint8Array): void;
  /** A message that is not about the link itself. */
  onMessage(message: RtmpMessage): void;
}

/** What most servers ask for, and what is assumed of a peer that says nothing. */
const WINDOW_BYTES = 2_500_000;
/** Smaller windows are taken as this: an acknowledgement for every few packets helps nobody. */
const MIN_WINDOW_BYTES = 128 * 1024;

/**
 * What both ends do behind the handshake: chunks in both directions, sizes and windows agreed, acknowledgements
 * and pings answered (RTMP 1.0 §5.3, §5.4, §7.1.7). Aggregates come out as the messages that are in them.
 */
export class RtmpLink {
  readonly #handlers: RtmpLinkHandlers;
  readonly #reader: RtmpChunkReader;
  #chunkSize = RTMP_DEFAULT_CHUNK_SIZE;
  #windowBytes = WINDOW_BYTES;
  #receivedBytes = 0;
  #acknowledgedBytes = 0;

  constructor(handlers: RtmpLinkHandlers) {
    this.#handlers = handlers;
    this.#reader = new RtmpChunkReader((message) => this.#onMessage(message));
  }

  /** Whether a message has begun and not ended. */
  get isInsideMessage(): boolean {
    return this.#reader.isInsideMessage;
  }

  /** From now on the peer may send messages as large as media are. */
  expectMedia(isExpected: boolean): void {
    this.#reader.maxMessageBytes = isExpected
      ? RTMP_LIMITS.mediaMessageBytes
      : RTMP_LIMITS.commandMessageBytes;
  }

  /** @throws {ProtocolError} as {@link RtmpChunkReader.push}, or a control message is bad. */
  push(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    // Half a window: some peers stop at a whole one.
    if (this.#receivedBytes - this.#acknowledgedBytes >= this.#windowBytes / 2) {
      this.#acknowledgedBytes = this.#receivedBytes;
      this.#control(RtmpMessageType.acknowledgement, u32Payload(this.#receivedBytes % 2 ** 32));
    }
    this.#reader.push(bytes);
  }

  /** Tells the peer the size of the chunks that follow. */
  setChunkSize(bytes: number): void {
    this.#control(RtmpMessageType.setChunkSize, u32Payload(bytes));
    this.#chunkSize = bytes;
  }

  sendWindow(): void {
    this.#control(RtmpMessageType.windowAcknowledgementSize, u32Payload(WINDOW_BYTES));
  }

  sendPeerBandwidth(): void {
    this.#control(RtmpMessageType.setPeerBandwidth, peerBandwidthPayload(WINDOW_BYTES));
  }

  sendUserControl(event: number, ...values: readonly number[]): void {
    this.#control(RtmpMessageType.userControl, userControlPayload(event, ...values));
  }

  sendCommand(streamId: number, name: string, transaction: number, ...values: readonly Amf0Value[]): void {
    const chunkStreamId = streamId === 0 ? RtmpChunkStream.command : RtmpChunkStream.status;
    const payload = serializeRtmpCommand(name, transaction, ...values);
    this.#send(chunkStreamId, RtmpMessageType.command, streamId, payload);
  }

  /** @param payload of a data message, AMF0. */
  sendData(streamId: number, payload: Uint8Array): void {
    this.#send(RtmpChunkStream.status, RtmpMessageType.data, streamId, payload);
  }

  #control(type: number, payload: Uint8Array): void {
    this.#send(RtmpChunkStream.control, type, 0, payload);
  }

  #send(chunkStreamId: number, type: number, streamId: number, payload: Uint8Array): void {
    const message = { chunkStreamId, type, streamId, timestamp: 0, body: [payload], length: payload.length };
    this.#handlers.send(serializeRtmpMessage(message, this.#chunkSize));
  }

  #onMessage(message: RtmpMessage): void {
    const { type, payload } = message;
    switch (type) {
      case RtmpMessageType.setChunkSize:
        this.#reader.setChunkSize(number(payload) & 0x7fff_ffff);
        break;
      case RtmpMessageType.abort:
        this.#reader.abort(number(payload));
        break;
      case RtmpMessageType.windowAcknowledgementSize:
        this.#windowBytes = Math.max(MIN_WINDOW_BYTES, number(payload));
        break;
      case RtmpMessageType.setPeerBandwidth:
        this.sendWindow();
        break;
      case RtmpMessageType.userControl:
        this.#onUserControl(payload);
        break;
      case RtmpMessageType.acknowledgement:
        break;
      case RtmpMessageType.aggregate:
        this.#onAggregate(message);
        break;
      default:
        this.#handlers.onMessage(message);
    }
  }

  #onUserControl(payload: Uint8Array): void {
    const event = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    if (event !== RtmpUserEvent.pingRequest) return;
    this.sendUserControl(RtmpUserEvent.pingResponse, number(payload.subarray(2)));
  }

  /** Tags of FLV, whose times are moved so that the first one has the time of the message (RTMP 1.0 §7.1.6). */
  #onAggregate({ streamId, timestamp, payload }: RtmpMessage): void {
    let first: number | undefined;
    let at = 0;
    for (let count = 0; at + FLV_TAG_HEADER_BYTES <= payload.length; count++) {
      if (count === RTMP_LIMITS.aggregateTags) {
        throw new ProtocolError(
          'ERR_RTMP_LIMIT',
          `More than ${RTMP_LIMITS.aggregateTags} tags in an aggregate`,
        );
      }
      const tag = parseFlvTagHeader(payload.subarray(at));
      const start = at + FLV_TAG_HEADER_BYTES;
      const body = payload.subarray(start, start + tag.size);
      if (body.length < tag.size) throw new ProtocolError('ERR_RTMP_AGGREGATE', 'An aggregate is cut off');
      first ??= tag.timestamp;
      const time = (timestamp + tag.timestamp - first) >>> 0;
      this.#handlers.onMessage({ type: tag.type, streamId, timestamp: time, payload: body });
      at = start + tag.size + 4;
    }
  }
}

function number(payload: Uint8Array): number {
  if (payload.length < 4) throw new ProtocolError('ERR_RTMP_CONTROL', 'A control message is too short');
  return new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
}
