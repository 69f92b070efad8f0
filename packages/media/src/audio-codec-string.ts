import { aacCodecString, parseAudioSpecificConfig } from './codecs/aac.ts';
import type { AudioTrack } from './track.ts';

/** Codec string of an audio track: RFC 6381 for AAC (`mp4a.40.2`), else the name of its MP4 sample entry. */
export function audioCodecString(track: AudioTrack): string {
  switch (track.codec) {
    case 'aac':
      return aacCodecString(parseAudioSpecificConfig(track.config));
    case 'opus':
      return 'opus';
    case 'pcmu':
      return 'ulaw';
    case 'pcma':
      return 'alaw';
    case 'mpa':
      return track.layer === 3 ? 'mp3' : 'mp4a.6b';
  }
}
