import { TsMuxer, type AccessUnit, type Track } from '@vedette/media';
import type { Carriage } from '../../transcode/carriage.ts';
import { FanoutSinks, type WireFormat } from '../fanout.ts';

/** What an MPEG transport stream carries. */
export const TS_CARRIAGE: Carriage = {
  video: ['h264', 'h265'],
  reorders: true,
  audio: ['aac', 'mpa', 'opus'],
};

/** Viewers of streams as MPEG-TS, by whatever takes bytes. */
export function createTsSinks(): FanoutSinks {
  return new FanoutSinks({ name: 'ts', format: () => new TsFormat() });
}

/** One stream as transport packets: a unit begins and ends with one, so that whole units can be left out. */
class TsFormat implements WireFormat {
  readonly #muxer = new TsMuxer();

  header(tracks: readonly Track[]): Buffer {
    return asBuffer(this.#muxer.header(tracks));
  }

  unit(unit: AccessUnit): Buffer | undefined {
    const bytes = this.#muxer.unit(unit);
    return bytes && asBuffer(bytes);
  }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
