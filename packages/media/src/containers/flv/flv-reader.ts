import type { AccessUnit } from '../../access-unit.ts';
import { ProtocolError } from '../../errors.ts';
import type { Track } from '../../track.ts';
import { ContainerTime } from '../container-time.ts';
import type { DemuxerOutput } from '../demuxer.ts';
import { isAmf0Object, parseAmf0, type Amf0Value } from './amf0.ts';
import { parseFlvAudioBody, parseFlvVideoBody } from './flv-body.ts';
import { createFlvPictures, type FlvPictures } from './flv-pictures.ts';
import { FlvSound } from './flv-sound.ts';

/** Which kinds of media are to come, as far as somebody said. */
export interface FlvExpectation {
  readonly hasVideo?: boolean | undefined;
  readonly hasAudio?: boolean | undefined;
}

/** How long the tracks found first wait for the other kind, in media time; many encoders announce what they never send. */
const WAIT_MS = 1000;
/** The same for a stream whose clock stands still. */
const MAX_HELD_UNITS = 256;
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/** A longer `onMetaData` is left unread: nothing in it is needed. */
const MAX_SCRIPT_BYTES = 64 * 1024;

/**
 * Turns the bodies of FLV tags, which RTMP messages carry as well, into tracks and access units.
 *
 * FLV does not declare its tracks: units are held back until each kind that is expected has been seen, one second
 * of media at most. What appears later is announced anew.
 */
export class FlvReader {
  readonly #output: DemuxerOutput;
  readonly #time = new ContainerTime({ clockRate: 1000, bits: 32 });
  #expected: FlvExpectation = {};
  #pictures: FlvPictures | undefined;
  #sound: FlvSound | undefined;
  /** Tracks in the order in which they were found: their ids. */
  #places = 0;
  #announced: readonly Track[] = [];
  #isAnnounced = false;
  #held: AccessUnit[] = [];
  #heldBytes = 0;
  #heldSinceMs = Number.NaN;

  constructor(output: DemuxerOutput) {
    this.#output = output;
  }

  /** What is said elsewhere (the header of a file) of the tracks to come. */
  expect(expectation: FlvExpectation): void {
    this.#expected = { ...this.#expected, ...expectation };
  }

  /**
   * @param timestamp milliseconds, 32 bits, unsigned: decoding time.
   * @param body kept by the units as views.
   * @throws {ProtocolError} the body is bad, or of a codec that cannot be taken.
   */
  video(timestamp: number, body: Uint8Array): void {
    const parsed = parseFlvVideoBody(body);
    if (parsed.kind === 'none') return;
    if (this.#pictures?.codec !== parsed.codec) {
      const id = this.#pictures?.track?.id;
      this.#pictures = createFlvPictures(parsed.codec, () => id ?? this.#places++);
    }
    if (parsed.kind === 'configuration') this.#pictures.configure(parsed.data);
    else this.#take(this.#pictures.push(parsed, this.#time.at(timestamp)), timestamp);
  }

  /** The same for sound. */
  audio(timestamp: number, body: Uint8Array): void {
    const parsed = parseFlvAudioBody(body);
    if (parsed.kind === 'none') return;
    if (this.#sound?.codec !== parsed.codec) {
      const id = this.#sound?.track?.id;
      this.#sound = new FlvSound(parsed.codec, () => id ?? this.#places++);
    }
    if (parsed.kind === 'configuration') this.#sound.configure(parsed.data);
    else this.#take(this.#sound.push(parsed, this.#time.at(timestamp)), timestamp);
  }

  /** The body of a script tag, or of an RTMP data message: only `onMetaData` says something of use. */
  script(body: Uint8Array): void {
    if (body.length > MAX_SCRIPT_BYTES) return;
    const metadata = readMetadata(body);
    if (metadata === undefined) return;
    const { hasVideo, hasAudio, videocodecid, audiocodecid } = metadata;
    // Who names the codec of one kind and not of the other has only that one.
    const namesCodecs = isNamed(videocodecid) || isNamed(audiocodecid);
    this.expect({
      hasVideo: typeof hasVideo === 'boolean' ? hasVideo : namesCodecs ? isNamed(videocodecid) : undefined,
      hasAudio: typeof hasAudio === 'boolean' ? hasAudio : namesCodecs ? isNamed(audiocodecid) : undefined,
    });
  }

  /** The stream is over, or pauses for long: what is held comes out. */
  flush(): void {
    if (!this.#isAnnounced) this.#announce();
  }

  #take(unit: AccessUnit | undefined, timestamp: number): void {
    if (unit === undefined) return;
    if (this.#isAnnounced) {
      if (this.#hasNewTracks()) this.#announce();
      this.#output.onUnit(unit);
      return;
    }
    if (this.#held.length === 0) this.#heldSinceMs = timestamp;
    this.#held.push(unit);
    this.#heldBytes += unit.byteLength;
    const isPatient =
      Math.abs(timestamp - this.#heldSinceMs) < WAIT_MS &&
      this.#held.length < MAX_HELD_UNITS &&
      this.#heldBytes < MAX_HELD_BYTES;
    if (!isPatient || this.#isComplete()) this.#announce();
  }

  #isComplete(): boolean {
    const { hasVideo = true, hasAudio = true } = this.#expected;
    return (
      (!hasVideo || this.#pictures?.track !== undefined) && (!hasAudio || this.#sound?.track !== undefined)
    );
  }

  #tracks(): Track[] {
    const tracks: Track[] = [];
    for (const track of [this.#pictures?.track, this.#sound?.track]) if (track) tracks.push(track);
    return tracks.sort((a, b) => a.id - b.id);
  }

  /** More tracks, or other codecs, than were announced; other parameters come with the units. */
  #hasNewTracks(): boolean {
    const video = this.#pictures?.track?.codec;
    const audio = this.#sound?.track?.codec;
    const announced = (kind: Track['kind']) => this.#announced.find((track) => track.kind === kind)?.codec;
    return announced('video') !== video || announced('audio') !== audio;
  }

  #announce(): void {
    const tracks = this.#tracks();
    if (tracks.length === 0) return;
    // A configuration without parameter sets has taken a place, and its track may still come.
    if (tracks.some((track, index) => track.id !== index)) return;
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#announced = tracks;
    this.#isAnnounced = true;
    this.#output.onTracks(tracks);
    for (const unit of held) this.#output.onUnit(unit);
  }
}

function readMetadata(body: Uint8Array): Readonly<Record<string, Amf0Value>> | undefined {
  let values: readonly Amf0Value[];
  try {
    values = parseAmf0(body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined; // nothing that the media depend on
    throw error;
  }
  const at = values.indexOf('onMetaData');
  const metadata = at === -1 ? undefined : values[at + 1];
  return isAmf0Object(metadata) ? metadata : undefined;
}

function isNamed(codec: Amf0Value): boolean {
  return codec !== undefined && codec !== null && codec !== '';
}
