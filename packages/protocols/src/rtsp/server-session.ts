import type { RtspTransport } from './transport-header.ts';

/** A media of the presentation, set up. */
export interface SetupTrack {
  /** Place of the media in the SDP, from 0. */
  readonly media: number;
  /** As agreed, and as sent back in the answer. */
  readonly transport: RtspTransport;
}

/** Where a server's session stands (RFC 2326 §A.2; Ready is split by direction). */
export type ServerSessionState =
  | { readonly name: 'initial' }
  | { readonly name: 'prePlay'; readonly tracks: readonly SetupTrack[] }
  | { readonly name: 'playing'; readonly tracks: readonly SetupTrack[] }
  | { readonly name: 'announced' }
  | { readonly name: 'preRecord'; readonly tracks: readonly SetupTrack[] }
  | { readonly name: 'recording'; readonly tracks: readonly SetupTrack[] }
  | { readonly name: 'closed' };

export type ServerSessionEvent =
  | { readonly type: 'announce' }
  | { readonly type: 'setup'; readonly track: SetupTrack }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'record' }
  | { readonly type: 'teardown' };

export const INITIAL_SERVER_STATE: ServerSessionState = { name: 'initial' };

/** The tracks that are set up in `state`, in the order of their SETUPs. */
export function setupTracks(state: ServerSessionState): readonly SetupTrack[] {
  return 'tracks' in state ? state.tracks : [];
}

/** The next state, or `undefined` when `event` is illegal here (answer 455, RFC 2326 §11.3.6). */
export function nextServerState(
  state: ServerSessionState,
  event: ServerSessionEvent,
): ServerSessionState | undefined {
  if (state.name === 'closed') return undefined;
  switch (event.type) {
    case 'teardown':
      return { name: 'closed' };
    case 'announce':
      return state.name === 'initial' ? { name: 'announced' } : undefined;
    case 'setup':
      return afterSetup(state, event.track);
    case 'play':
      return isPlaySide(state) ? { name: 'playing', tracks: state.tracks } : undefined;
    case 'record':
      return isRecordSide(state) ? { name: 'recording', tracks: state.tracks } : undefined;
    case 'pause':
      return afterPause(state);
  }
}

/** A media set up again gets its new transport (RFC 2326 §10.4); once media flows, it keeps the one it has. */
function afterSetup(state: ServerSessionState, track: SetupTrack): ServerSessionState | undefined {
  const tracks = [...setupTracks(state).filter(({ media }) => media !== track.media), track];
  switch (state.name) {
    case 'initial':
    case 'prePlay':
      return { name: 'prePlay', tracks };
    case 'announced':
    case 'preRecord':
      return { name: 'preRecord', tracks };
    default:
      return undefined;
  }
}

/** Pausing what does not run is taken as done: GStreamer and several NVRs pause before the first PLAY. */
function afterPause(state: ServerSessionState): ServerSessionState | undefined {
  if (isPlaySide(state)) return { name: 'prePlay', tracks: state.tracks };
  return isRecordSide(state) ? { name: 'preRecord', tracks: state.tracks } : undefined;
}

type StateNamed<Name extends ServerSessionState['name']> = Extract<
  ServerSessionState,
  { readonly name: Name }
>;

function isPlaySide(state: ServerSessionState): state is StateNamed<'prePlay' | 'playing'> {
  return state.name === 'prePlay' || state.name === 'playing';
}

function isRecordSide(state: ServerSessionState): state is StateNamed<'preRecord' | 'recording'> {
  return state.name === 'preRecord' || state.name === 'recording';
}
