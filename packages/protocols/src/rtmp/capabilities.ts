import {
  isAmf0Object,
  type Amf0Object,
  type Amf0Value,
  type AudioCodec,
  type VideoCodec,
} from '@vedette/media';

/** What beyond H.264, AAC, MP3 and G.711 goes over RTMP here, by the FourCC of Enhanced RTMP v2. */
const VIDEO: readonly (readonly [fourCc: string, codec: VideoCodec])[] = [
  ['hvc1', 'h265'],
  ['av01', 'av1'],
];
const AUDIO: readonly (readonly [fourCc: string, codec: AudioCodec])[] = [['Opus', 'opus']];
/** What is taken from encoders. */
const TAKEN_VIDEO = ['avc1', 'hvc1', 'av01', 'vp09', 'vp08'];
const TAKEN_AUDIO = ['mp4a', 'Opus', '.mp3'];

/** Flags of the info maps (Enhanced RTMP v2, "Enhancing NetConnection connect Command"). */
const CAN_DECODE = 1;
const CAN_FORWARD = 4;
const MAX_FOURCCS = 64;

/** Codecs that need Enhanced RTMP and that the other end says it takes. */
export interface RtmpCodecs {
  readonly video: readonly VideoCodec[];
  readonly audio: readonly AudioCodec[];
}

/** Reads `fourCcList`, `videoFourCcInfoMap` and `audioFourCcInfoMap` out of a connect command, or of its result. */
export function parseRtmpCodecs(object: Amf0Object): RtmpCodecs {
  const list = fourCcList(object['fourCcList']);
  const has = (map: Amf0Value, fourCc: string): boolean => {
    if (list.has(fourCc) || list.has('*')) return true;
    if (!isAmf0Object(map)) return false;
    const flags = map[fourCc] ?? map['*'];
    return typeof flags === 'number' && (flags & (CAN_DECODE | CAN_FORWARD)) !== 0;
  };
  return {
    video: VIDEO.filter(([fourCc]) => has(object['videoFourCcInfoMap'], fourCc)).map(([, codec]) => codec),
    audio: AUDIO.filter(([fourCc]) => has(object['audioFourCcInfoMap'], fourCc)).map(([, codec]) => codec),
  };
}

/** The properties by which this end says what it takes. Nothing of `capsEx`: no multitrack, no reconnect. */
export function rtmpCodecProperties(): Amf0Object {
  const flags = (fourCcs: readonly string[]): Amf0Object =>
    Object.fromEntries(fourCcs.map((fourCc) => [fourCc, CAN_DECODE | CAN_FORWARD]));
  return {
    fourCcList: [...TAKEN_VIDEO, ...TAKEN_AUDIO],
    videoFourCcInfoMap: flags(TAKEN_VIDEO),
    audioFourCcInfoMap: flags(TAKEN_AUDIO),
    capsEx: 0,
  };
}

function fourCcList(value: Amf0Value): ReadonlySet<string> {
  const items = Array.isArray(value) ? (value as readonly Amf0Value[]) : [];
  return new Set(items.slice(0, MAX_FOURCCS).filter((item): item is string => typeof item === 'string'));
}
