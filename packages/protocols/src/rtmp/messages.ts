/** Message types (RTMP 1.0 §5.4, §7.1); audio, video and data as in FLV tags. */
export const RtmpMessageType = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowAcknowledgementSize: 5,
  setPeerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAmf3: 15,
  commandAmf3: 17,
  data: 18,
  command: 20,
  aggregate: 22,
} as const;

/** Events of user control messages (RTMP 1.0 §7.1.7). */
export const RtmpUserEvent = {
  streamBegin: 0,
  streamEnd: 1,
  setBufferLength: 3,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/** Chunk streams that messages go out on; any would do, these are what others use. */
export const RtmpChunkStream = { control: 2, command: 3, audio: 4, status: 5, video: 6 } as const;

/** The chunk size before anybody says otherwise (RTMP 1.0 §5.4.1). */
export const RTMP_DEFAULT_CHUNK_SIZE = 128;

/** One message, put together of its chunks. */
export interface RtmpMessage {
  /** One of {@link RtmpMessageType}. */
  readonly type: number;
  /** Message stream; 0 for the connection itself. */
  readonly streamId: number;
  /** Milliseconds, 32 bits, unsigned. */
  readonly timestamp: number;
  /** Its own, or a view of what was pushed. */
  readonly payload: Uint8Array;
}

/** The payload of the control messages that hold one number. */
export function u32Payload(value: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, value);
  return payload;
}

/** Payload of SetPeerBandwidth (RTMP 1.0 §5.4.5); limit type 2 is "dynamic". */
export function peerBandwidthPayload(bytes: number): Uint8Array {
  return Uint8Array.of(...u32Payload(bytes), 2);
}

/** Payload of a user control message. */
export function userControlPayload(event: number, ...values: readonly number[]): Uint8Array {
  const payload = new Uint8Array(2 + 4 * values.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, event);
  values.forEach((value, index) => view.setUint32(2 + 4 * index, value));
  return payload;
}
