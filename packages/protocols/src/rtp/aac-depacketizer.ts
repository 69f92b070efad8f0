import { BitReader, parseAudioSpecificConfig, ProtocolError, splitAdts } from '@vedette/media';
import type { AudioPayloadReader, EmitFrame } from './audio-depacketizer.ts';
import { AudioFragments } from './fragments.ts';
import { RTP_LIMITS } from './limits.ts';
import type { RtpPacket } from './packet.ts';
import { hexParameter, integerParameter } from './format-parameters.ts';
import type { FormatParameters } from './format-parameters.ts';

/** Widths in bits of the fields of an AU header (RFC 3640 §3.2.1, §4.1); 0 where a field is absent. */
interface AuHeaderLayout {
  readonly size: number;
  readonly index: number;
  readonly indexDelta: number;
  readonly ctsDelta: number;
  readonly dtsDelta: number;
  readonly randomAccess: number;
  readonly streamState: number;
  readonly auxiliarySize: number;
  /** Bytes of every frame, where headers do not say; 0: the whole payload is one frame. */
  readonly constantSize: number;
}

/** What the headers of a packet say: sizes of its frames, and where their bytes begin. */
interface AuHeaders {
  readonly frames: readonly { readonly size: number; readonly index: number }[];
  readonly dataStart: number;
}

/**
 * AAC as `mpeg4-generic` (RFC 3640), any widths of header fields: one frame, several frames, or a
 * piece of a frame in a packet. Interleaved frames keep their times but not their order.
 *
 * @throws {ProtocolError} `ERR_RTP_FORMAT`: a field wider than 32 bits.
 */
export function aacPayloadReader(fmtp: FormatParameters, clockRate: number): AudioPayloadReader {
  const layout = auHeaderLayout(fmtp);
  const frameTicks = aacFrameTicks(hexParameter(fmtp, 'config'), clockRate);
  const fragments = new AudioFragments();

  const read = (packet: RtpPacket, emit: EmitFrame): void => {
    const { payload } = packet;
    if (isAdts(payload)) {
      // Some encoders put ADTS frames right into the payload; as AU headers these bytes would be 8 KB long.
      splitAdts(payload).forEach((frame, index) => emit(frame.data, index * frameTicks));
      return;
    }
    const { frames, dataStart } = readAuHeaders(payload, layout);
    const [only] = frames;
    const data = payload.subarray(dataStart);
    if (frames.length === 1 && only !== undefined && only.size > data.length) {
      fragments.add(data, packet.timestamp);
      if (fragments.byteLength >= only.size) emit(withoutAdts(fragments.take().subarray(0, only.size)), 0);
      return;
    }
    fragments.drop();
    let at = 0;
    for (const { size, index } of frames) {
      if (at + size > data.length) {
        throw new ProtocolError(
          'ERR_AAC_AU_SIZE',
          `An AU of ${size} bytes in the last ${data.length - at} of a packet`,
        );
      }
      if (size > 0) emit(withoutAdts(data.subarray(at, at + size)), index * frameTicks);
      at += size;
    }
  };
  return { read, drop: () => fragments.drop() };
}

/** Ticks of the RTP clock that one frame lasts: 1024 or 960 samples of the core coder (ISO 14496-3). */
export function aacFrameTicks(config: Uint8Array | undefined, clockRate: number): number {
  if (config === undefined) return 1024;
  const { samplesPerFrame, sampleRate } = parseAudioSpecificConfig(config);
  return Math.round((samplesPerFrame * clockRate) / sampleRate);
}

function auHeaderLayout(fmtp: FormatParameters): AuHeaderLayout {
  const width = (name: string, fallback = 0): number => {
    const bits = integerParameter(fmtp, name) ?? fallback;
    if (bits > 32) throw new ProtocolError('ERR_RTP_FORMAT', `fmtp ${name} is at most 32 bits, got ${bits}`);
    return bits;
  };
  const isLowBitRate = fmtp.get('mode')?.toLowerCase() === 'aac-lbr';
  const constantSize = integerParameter(fmtp, 'constantsize') ?? 0;
  // Cameras that name the mode only mean the widths that belong to it (RFC 3640 §3.3.5, §3.3.6).
  const hasSizes = constantSize === 0;
  const defaultIndex = isLowBitRate ? 2 : 3;
  return {
    size: hasSizes ? width('sizelength', isLowBitRate ? 6 : 13) : 0,
    index: width('indexlength', hasSizes ? defaultIndex : 0),
    indexDelta: width('indexdeltalength', hasSizes ? defaultIndex : 0),
    ctsDelta: width('ctsdeltalength'),
    dtsDelta: width('dtsdeltalength'),
    randomAccess: width('randomaccessindication') > 0 ? 1 : 0,
    streamState: width('streamstateindication'),
    auxiliarySize: width('auxiliarydatasizelength'),
    constantSize,
  };
}

function readAuHeaders(payload: Uint8Array, layout: AuHeaderLayout): AuHeaders {
  const hasHeaders =
    layout.size + layout.index + layout.indexDelta + layout.ctsDelta + layout.dtsDelta + layout.streamState >
      0 || layout.randomAccess > 0;
  if (!hasHeaders) return headerless(payload, layout);
  const reader = new BitReader(payload);
  const headersEnd = 16 + reader.bits(16);
  if (headersEnd > payload.length * 8 || headersEnd === 16) {
    throw new ProtocolError(
      'ERR_AAC_AU_HEADERS',
      `AU headers of ${headersEnd - 16} bits in ${payload.length} bytes`,
    );
  }
  const frames: { size: number; index: number }[] = [];
  let index = 0;
  while (reader.position < headersEnd) {
    const start = reader.position;
    const size = layout.size > 0 ? reader.bits(layout.size) : layout.constantSize;
    const step = reader.bits(frames.length === 0 ? layout.index : layout.indexDelta);
    index += frames.length === 0 ? 0 : step + 1;
    skipTimes(reader, layout, frames.length === 0);
    frames.push({ size, index });
    if (frames.length > RTP_LIMITS.framesPerPacket || reader.position === start) {
      throw new ProtocolError(
        'ERR_AAC_AU_HEADERS',
        `More than ${RTP_LIMITS.framesPerPacket} AUs in a packet`,
      );
    }
  }
  let dataStart = Math.ceil(headersEnd / 8);
  if (layout.auxiliarySize > 0) {
    const auxiliary = new BitReader(payload.subarray(dataStart));
    const bits = auxiliary.bits(layout.auxiliarySize);
    dataStart += Math.ceil((auxiliary.position + bits) / 8);
  }
  return { frames, dataStart };
}

/** CTS, DTS, random access and state fields (RFC 3640 §3.2.1.1); the first AU has no CTS flag. */
function skipTimes(reader: BitReader, layout: AuHeaderLayout, isFirst: boolean): void {
  if (layout.ctsDelta > 0 && reader.flag() && !isFirst) reader.skip(layout.ctsDelta);
  if (layout.dtsDelta > 0 && reader.flag()) reader.skip(layout.dtsDelta);
  reader.skip(layout.randomAccess + layout.streamState);
}

/** Payloads without AU headers: one frame, or frames of a size known beforehand. */
function headerless(payload: Uint8Array, { constantSize }: AuHeaderLayout): AuHeaders {
  if (constantSize === 0) return { frames: [{ size: payload.length, index: 0 }], dataStart: 0 };
  const count = Math.floor(payload.length / constantSize);
  if (count > RTP_LIMITS.framesPerPacket) {
    throw new ProtocolError('ERR_AAC_AU_HEADERS', `More than ${RTP_LIMITS.framesPerPacket} AUs in a packet`);
  }
  const frames = Array.from({ length: Math.max(1, count) }, (_, index) => ({ size: constantSize, index }));
  return { frames, dataStart: 0 };
}

function isAdts(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xf6) === 0xf0;
}

/** Some cameras leave the ADTS header in front of the frame. */
function withoutAdts(frame: Uint8Array): Uint8Array {
  if (!isAdts(frame)) return frame;
  const length = (((frame[3] ?? 0) & 0x03) << 11) | ((frame[4] ?? 0) << 3) | ((frame[5] ?? 0) >> 5);
  const headerLength = ((frame[1] ?? 0) & 0x01) === 0 ? 9 : 7;
  return length === frame.length ? frame.subarray(headerLength) : frame;
}
