import { parseAudioSpecificConfig, type AacTrack, type OpusTrack, type Track } from '@vedette/media';

/** A frame in which nothing is heard. */
export interface SilentFrame {
  readonly data: Uint8Array;
  /** Duration in ticks of the track's clock. */
  readonly ticks: number;
}

const OPUS_TICKS = 960;
/** CELT, full band, 20 ms, one frame (RFC 6716 §3.1): what libopus makes of digital silence. */
const OPUS_MONO = Uint8Array.of(0xf8, 0xff, 0xfe);
const OPUS_STEREO = Uint8Array.of(0xfc, 0xff, 0xfe);
const AAC_LC = 2;
/** A raw data block whose elements have no spectral data, by channels (ISO 14496-3 §4.4.2.1). */
const AAC_SILENCE: Readonly<Record<number, Uint8Array>> = {
  1: Uint8Array.of(0x01, 0x18, 0x20, 0x07),
  2: Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c),
};

/** A frame of silence for `track`; `undefined` for one that there is none for (more than two channels, HE-AAC). */
export function silentFrame(track: Track): SilentFrame | undefined {
  switch (track.codec) {
    case 'opus':
      return silentOpus(track);
    case 'aac':
      return silentAac(track);
    default:
      return undefined;
  }
}

function silentOpus({ channels }: OpusTrack): SilentFrame | undefined {
  if (channels > 2) return undefined;
  return { data: channels === 1 ? OPUS_MONO : OPUS_STEREO, ticks: OPUS_TICKS };
}

function silentAac({ config }: AacTrack): SilentFrame | undefined {
  const { objectType, channelConfiguration, samplesPerFrame, sbr } = parseAudioSpecificConfig(config);
  const data = AAC_SILENCE[channelConfiguration];
  if (data === undefined || objectType !== AAC_LC || sbr !== undefined) return undefined;
  return { data, ticks: samplesPerFrame };
}
