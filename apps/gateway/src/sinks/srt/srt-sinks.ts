import { TsMuxer } from '@vedette/media';
import { FanoutSinks, type WireFormat } from '../fanout.ts';

/** MPEG-TS for SRT, made once a stream, whatever the number of viewers. */
export function createSrtSinks(): FanoutSinks {
  return new FanoutSinks({ name: 'srt', format: () => tsFormat() });
}

function tsFormat(): WireFormat {
  const muxer = new TsMuxer();
  return {
    header: (tracks) => asBuffer(muxer.header(tracks)),
    unit: (unit) => {
      const bytes = muxer.unit(unit);
      return bytes === undefined ? undefined : asBuffer(bytes);
    },
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
