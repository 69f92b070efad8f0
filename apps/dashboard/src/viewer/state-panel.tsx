import type { CameraPlayer } from '@vedette/client';
import type { ReactNode } from 'react';
import { formatMoment } from '../format/format.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { players, rememberChoice } from './players.ts';
import { StateIcon } from './state-badge.tsx';
import { isTicking, stateHint, stateReason, stateWords } from './state-words.ts';
import { useClock } from './use-clock.ts';
import type { ViewerState } from './viewer-state.ts';
import { useRtspAddress } from './use-rtsp-address.ts';

function Action({ player, state }: { player: CameraPlayer; state: ViewerState }): ReactNode {
  if (state.name === 'unsupported' && state.alternative !== null) {
    const { alternative } = state;
    return (
      <Button
        onClick={() => {
          player.choose(alternative);
          rememberChoice(player.cameraId, alternative);
        }}
      >
        {messages.details.useAlternative[alternative]}
      </Button>
    );
  }
  const canRetry =
    state.name === 'forbidden' || (state.name === 'connecting' && state.nextAttemptAtMs !== null);
  if (!canRetry) return null;
  return <Button onClick={() => players.retryAll()}>{messages.details.retry}</Button>;
}

export interface StatePanelProps {
  readonly player: CameraPlayer;
  readonly state: ViewerState;
}

/** Whether something is the matter: the last picture is dimmed then, and this is over it. */
export function hasPanel({ name }: ViewerState): boolean {
  return name !== 'live' && name !== 'degraded' && name !== 'paused';
}

/** Where to publish to. */
function PublishAddress({ cameraId }: { cameraId: string }): ReactNode {
  const address = useRtspAddress(cameraId);
  if (address === undefined) return null;
  return <p className="font-mono text-small break-all text-on-video-muted select-all">{address}</p>;
}

/**
 * In place of the picture, or over the dimmed last one: what is the matter, why, and what to do.
 * Small tiles show less of it here; the state's own words are in the corner then.
 */
export function StatePanel({ player, state }: StatePanelProps): ReactNode {
  const clock = useClock(isTicking(state));
  if (!hasPanel(state)) return null;
  const reason = stateReason(state);
  const hint = stateHint(state, clock);
  const lastPictureAtMs = player.lastPictureAtMs;
  return (
    <div className="appear-late pointer-events-none absolute inset-0 flex flex-col items-center justify-center gap-1 px-6 pb-6 text-center text-on-video">
      <div className="hidden @min-[200px]/viewer:block">
        <StateIcon state={state} on="video" size={28} />
      </div>
      <div className="hidden max-w-md flex-col items-center gap-1 @min-[340px]/viewer:flex">
        <p className="mt-2 hidden text-title font-medium @min-[560px]/viewer:block">
          {stateWords(state, clock)}
        </p>
        {reason !== undefined && <p className="text-small text-pretty text-on-video-muted">{reason}</p>}
        {state.name === 'waiting' && <PublishAddress cameraId={player.cameraId} />}
        {hint !== undefined && (
          <p className="hidden text-small text-pretty text-on-video-muted @min-[380px]/viewer:block">
            {hint}
          </p>
        )}
        {lastPictureAtMs !== null && (
          <p className="text-small text-on-video-muted">
            {messages.details.lastPicture(formatMoment(lastPictureAtMs, clock.wallMs, { withSeconds: true }))}
          </p>
        )}
        <div className="pointer-events-auto mt-3 empty:hidden">
          <Action player={player} state={state} />
        </div>
      </div>
    </div>
  );
}
