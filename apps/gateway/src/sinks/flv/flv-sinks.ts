import {
  FLV_LEGACY_AUDIO,
  FLV_LEGACY_VIDEO,
  FlvWriter,
  serializeFlvFileHeader,
  serializeFlvTag,
  type AccessUnit,
  type FlvMessage,
  type Track,
} from '@vedette/media';
import type { Carriage } from '../../transcode/carriage.ts';
import { FanoutSinks, type FanoutOptions, type WireFormat } from '../fanout.ts';

/** What every player of FLV over HTTP takes. */
export const FLV_CARRIAGE: Carriage = {
  video: [...FLV_LEGACY_VIDEO],
  reorders: true,
  audio: [...FLV_LEGACY_AUDIO],
};

/** A stream as an FLV file without end. */
export class FlvFormat implements WireFormat {
  readonly #writer = new FlvWriter();
  #opening = toBuffer(serializeFlvFileHeader(true, true));

  get opening(): Buffer {
    return this.#opening;
  }

  header(tracks: readonly Track[]): Buffer {
    const has = (kind: Track['kind']): boolean => tracks.some((track) => track.kind === kind);
    this.#opening = toBuffer(serializeFlvFileHeader(has('video'), has('audio')));
    return Buffer.concat(this.#writer.header(tracks).map(tag));
  }

  unit(unit: AccessUnit): Buffer | undefined {
    const message = this.#writer.unit(unit);
    return message === undefined ? undefined : tag(message);
  }
}

/** The FLV sinks of all streams. */
export function createFlvSinks(options: Pick<FanoutOptions, 'bounds' | 'clock'> = {}): FanoutSinks {
  return new FanoutSinks({ name: 'flv', format: () => new FlvFormat(), ...options });
}

function tag({ type, timestamp, body, length }: FlvMessage): Buffer {
  return toBuffer(serializeFlvTag(type, timestamp, body, length));
}

/** The same bytes as Node writes them. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
