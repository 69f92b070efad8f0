import {
  type AudioTrack,
  createAacTrack,
  createG711Track,
  createOpusTrack,
  serializeAudioSpecificConfig,
} from '@vedette/media';

/** What sound becomes. Known before the first sample, so that its track can be declared at once. */
export interface SoundTarget {
  readonly codec: 'opus' | 'aac' | 'pcma' | 'pcmu';
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: 1 | 2;
}

/** The track that a target makes. */
export function soundTrack(id: number, { codec, sampleRate, channels }: SoundTarget): AudioTrack {
  switch (codec) {
    case 'opus':
      return createOpusTrack(id, channels);
    case 'aac': {
      const config = { objectType: 2, sampleRate, channelConfiguration: channels, channels } as const;
      return createAacTrack(
        id,
        serializeAudioSpecificConfig({ ...config, samplesPerFrame: 1024, sbr: undefined }),
      );
    }
    case 'pcma':
    case 'pcmu':
      return createG711Track(id, codec, sampleRate, channels);
  }
}

/** What `track` becomes as `codec`. */
export function soundTarget(track: AudioTrack, codec: SoundTarget['codec']): SoundTarget {
  const channels = track.channels === 1 ? 1 : 2;
  switch (codec) {
    case 'opus':
      return { codec, sampleRate: 48_000, channels };
    case 'aac':
      // Players are sure of these two; everything else is resampled, to frames that are short besides.
      return { codec, sampleRate: track.sampleRate === 44_100 ? 44_100 : 48_000, channels };
    case 'pcma':
    case 'pcmu':
      // The only form with a payload type of its own (RFC 3551 §6).
      return { codec, sampleRate: 8000, channels: 1 };
  }
}
