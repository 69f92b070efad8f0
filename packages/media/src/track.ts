/** What a decoder or a page needs to know of a video track before its first picture. */
export interface VideoParameters {
  /** Codec string for `CODECS` and MSE (RFC 6381), e.g. `avc1.64001f`. */
  readonly codecString: string;
  /** Profile as people write it, e.g. `High`, `Main 10`. */
  readonly profile: string;
  /** Level as people write it, e.g. `3.1`. */
  readonly level: string;
  /** Displayed size in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** Frames per second that the bitstream declares; `undefined` where it declares none. */
  readonly frameRate: number | undefined;
  /** Pictures that may precede a picture in decoding order and follow it in output order; 0 means no B-frames. */
  readonly reorderDepth: number;
}

interface TrackBase {
  /** Place of the track in its stream, from 0; stable for the stream's life. */
  readonly id: number;
  /** Ticks per second of this track's PTS and DTS. */
  readonly clockRate: number;
}

/** H.264 (ITU-T H.264). Parameter sets are whole NAL units, without start codes. */
export interface H264Track extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'h264';
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly video: VideoParameters;
}

/** H.265 (ITU-T H.265). Parameter sets are whole NAL units, without start codes. */
export interface H265Track extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'h265';
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly video: VideoParameters;
}

/** AV1 (AV1 Bitstream & Decoding Process Specification). */
export interface Av1Track extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'av1';
  /** AV1CodecConfigurationRecord (AV1-ISOBMFF §2.3), the sequence header OBU included. */
  readonly config: Uint8Array;
  readonly video: VideoParameters;
}

/** VP9; a unit is one frame or superframe. */
export interface Vp9Track extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'vp9';
  readonly video: VideoParameters;
}

/** VP8 (RFC 6386). */
export interface Vp8Track extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'vp8';
  readonly video: VideoParameters;
}

/** Motion JPEG: every unit is a whole JPEG file, and a random access point. */
export interface JpegTrack extends TrackBase {
  readonly kind: 'video';
  readonly codec: 'mjpeg';
  readonly video: VideoParameters;
}

/** AAC, raw frames without ADTS; the clock rate is the sample rate. */
export interface AacTrack extends TrackBase {
  readonly kind: 'audio';
  readonly codec: 'aac';
  /** AudioSpecificConfig (ISO 14496-3 §1.6.2.1). */
  readonly config: Uint8Array;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Opus (RFC 6716); the clock rate is always 48 000. */
export interface OpusTrack extends TrackBase {
  readonly kind: 'audio';
  readonly codec: 'opus';
  readonly sampleRate: 48_000;
  readonly channels: number;
}

/** G.711, one byte a sample and channel; the clock rate is the sample rate. */
export interface G711Track extends TrackBase {
  readonly kind: 'audio';
  readonly codec: 'pcmu' | 'pcma';
  readonly sampleRate: number;
  readonly channels: number;
}

/** MPEG-1 and MPEG-2 audio (ISO 11172-3, ISO 13818-3); a unit is one frame with its header. */
export interface MpegAudioTrack extends TrackBase {
  readonly kind: 'audio';
  readonly codec: 'mpa';
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Video that is made of NAL units. */
export type NalTrack = H264Track | H265Track;
export type VideoTrack = NalTrack | Av1Track | Vp9Track | Vp8Track | JpegTrack;
export type AudioTrack = AacTrack | OpusTrack | G711Track | MpegAudioTrack;

/**
 * One elementary stream, immutable: when its parameters change in mid-stream, a new object takes
 * its place and every unit after the change refers to the new one.
 */
export type Track = VideoTrack | AudioTrack;
export type VideoCodec = VideoTrack['codec'];
export type AudioCodec = AudioTrack['codec'];
export type Codec = Track['codec'];

/** Whether the track's units are made of NAL units. */
export function isNalTrack(track: Track): track is NalTrack {
  return track.codec === 'h264' || track.codec === 'h265';
}
