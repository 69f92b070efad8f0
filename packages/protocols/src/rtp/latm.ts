import {
  BitReader,
  ProtocolError,
  parseStreamMuxConfig,
  readLatmFrame,
  readStreamMuxConfig,
} from '@vedette/media';
import { aacFrameTicks } from './aac-depacketizer.ts';
import type { AudioPayloadReader, EmitFrame } from './audio-depacketizer.ts';
import { AudioFragments } from './fragments.ts';
import type { RtpPacket } from './packet.ts';
import { hexParameter, integerParameter } from './format-parameters.ts';
import type { FormatParameters } from './format-parameters.ts';

/**
 * AAC as `MP4A-LATM` (RFC 6416 §6), as far as devices use it: one program, one layer, with the
 * configuration in the session description (`cpresent=0`) or in every packet.
 *
 * @throws {ProtocolError} `ERR_LATM_CONFIG`.
 */
export function latmPayloadReader(fmtp: FormatParameters, clockRate: number): AudioPayloadReader {
  const config = hexParameter(fmtp, 'config');
  let mux = config === undefined ? undefined : parseStreamMuxConfig(config);
  const isInBand = integerParameter(fmtp, 'cpresent') !== 0;
  const frameTicks = aacFrameTicks(mux?.audioConfig, clockRate);
  const fragments = new AudioFragments();

  const read = (packet: RtpPacket, emit: EmitFrame): void => {
    fragments.add(packet.payload, packet.timestamp);
    if (!packet.marker) return;
    const element = fragments.take();
    const reader = new BitReader(element);
    // useSameStreamMux 0: a configuration follows.
    if (isInBand && !reader.flag()) mux = readStreamMuxConfig(reader, element);
    if (mux === undefined) throw new ProtocolError('ERR_LATM_CONFIG', 'LATM came before its configuration');
    for (let index = 0; index < mux.subFrames; index += 1) {
      const frame = readLatmFrame(reader, element);
      if (frame.length > 0) emit(frame, index * frameTicks);
    }
  };
  return { read, drop: () => fragments.drop() };
}
