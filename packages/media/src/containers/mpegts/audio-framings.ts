import { createAacTrack, parseAudioSpecificConfig, serializeAudioSpecificConfig } from '../../codecs/aac.ts';
import { adtsFrameLength, parseAdtsFrame } from '../../codecs/adts.ts';
import { BitReader } from '../../codecs/bit-reader.ts';
import { readLatmFrame, readStreamMuxConfig, type StreamMuxConfig } from '../../codecs/latm.ts';
import {
  createMpegAudioTrack,
  MPEG_AUDIO_HEADER_BYTES,
  parseMpegAudioHeader,
} from '../../codecs/mpeg-audio.ts';
import { createOpusTrack, opusPacketTicks } from '../../codecs/opus.ts';
import { ProtocolError } from '../../errors.ts';
import { sameBytes, sameTrack } from '../../same-track.ts';
import type { AacTrack, MpegAudioTrack } from '../../track.ts';
import type { AudioFraming } from './audio-reader.ts';

/** AAC behind ADTS headers (ISO 14496-3 §1.A.2), stream type 0x0f. */
export function adtsFraming(): AudioFraming {
  let track: AacTrack | undefined;
  return {
    lengthAt: adtsFrameLength,
    read: (bytes) => {
      const { config, data } = parseAdtsFrame(bytes);
      const serialized = serializeAudioSpecificConfig(config);
      if (track === undefined || !sameBytes(serialized, track.config)) track = createAacTrack(0, serialized);
      return [{ track, data, ticks: config.samplesPerFrame }];
    },
  };
}

const LOAS_HEADER_BYTES = 3;

/** AAC in LATM in LOAS (ISO 14496-3 §1.7.2), stream type 0x11. */
export function latmFraming(): AudioFraming {
  let mux: StreamMuxConfig | undefined;
  let track: AacTrack | undefined;
  let ticks = 1024;
  return {
    lengthAt: (bytes, offset) => {
      if (bytes.length - offset < LOAS_HEADER_BYTES) return 0;
      const [first, second = 0, third = 0] = bytes.subarray(offset, offset + LOAS_HEADER_BYTES);
      // AudioSyncStream: 11 bits of sync word, 13 of length.
      if (first !== 0x56 || (second & 0xe0) !== 0xe0) return -1;
      return LOAS_HEADER_BYTES + (((second & 0x1f) << 8) | third);
    },
    read: (bytes) => {
      const element = bytes.subarray(LOAS_HEADER_BYTES);
      const reader = new BitReader(element);
      if (!reader.flag()) {
        mux = readStreamMuxConfig(reader, element);
        if (track === undefined || !sameBytes(mux.audioConfig, track.config)) {
          track = createAacTrack(0, mux.audioConfig);
          ticks = parseAudioSpecificConfig(mux.audioConfig).samplesPerFrame;
        }
      }
      if (mux === undefined || track === undefined) {
        throw new ProtocolError('ERR_LATM_CONFIG', 'LATM came before its configuration');
      }
      const frames = [];
      for (let i = 0; i < mux.subFrames; i++) {
        const data = readLatmFrame(reader, element);
        if (data.length > 0) frames.push({ track, data, ticks });
      }
      return frames;
    },
  };
}

/** MPEG-1 and MPEG-2 audio of all layers, stream types 0x03 and 0x04. */
export function mpegAudioFraming(): AudioFraming {
  let track: MpegAudioTrack | undefined;
  return {
    lengthAt: (bytes, offset) => {
      if (bytes.length - offset < MPEG_AUDIO_HEADER_BYTES) return 0;
      try {
        return parseMpegAudioHeader(bytes.subarray(offset, offset + MPEG_AUDIO_HEADER_BYTES)).byteLength;
      } catch (error) {
        if (error instanceof ProtocolError) return -1;
        throw error;
      }
    },
    read: (bytes) => {
      const header = parseMpegAudioHeader(bytes);
      const next = createMpegAudioTrack(0, header);
      if (track === undefined || track.layer !== next.layer || !sameTrack(track, next)) track = next;
      return [{ track, data: bytes, ticks: header.samplesPerFrame }];
    },
  };
}

/** Prefix of a control header: 11 bits. */
const OPUS_PREFIX = 0x3ff;

/** Opus behind control headers (Opus in MPEG-TS, ETSI TS 103 491 / xiph's opus_in_ts), private data with 'Opus'. */
export function opusFraming(channels: number): AudioFraming {
  const track = createOpusTrack(0, channels);
  return {
    lengthAt: (bytes, offset) => {
      const header = opusControlHeader(bytes, offset);
      return typeof header === 'number' ? header : header.headerBytes + header.packetBytes;
    },
    read: (bytes) => {
      const header = opusControlHeader(bytes, 0);
      if (typeof header === 'number')
        throw new ProtocolError('ERR_OPUS_PACKET', 'Bad Opus control header in MPEG-TS');
      const data = bytes.subarray(header.headerBytes);
      return [{ track, data, ticks: opusPacketTicks(data) }];
    },
  };
}

function opusControlHeader(
  bytes: Uint8Array,
  offset: number,
): { readonly headerBytes: number; readonly packetBytes: number } | 0 | -1 {
  if (bytes.length - offset < 3) return 0;
  const second = bytes[offset + 1] ?? 0;
  if ((((bytes[offset] ?? 0) << 3) | (second >>> 5)) !== OPUS_PREFIX) return -1;
  let at = offset + 2;
  let packetBytes = 0;
  let byte: number | undefined;
  do {
    byte = bytes[at++];
    if (byte === undefined) return 0;
    packetBytes += byte;
  } while (byte === 255);
  if ((second & 0x10) !== 0) at += 2; // start trim
  if ((second & 0x08) !== 0) at += 2; // end trim
  if ((second & 0x04) !== 0) {
    const extension = bytes[at++];
    if (extension === undefined) return 0;
    at += extension;
  }
  return packetBytes === 0 ? -1 : { headerBytes: at - offset, packetBytes };
}
