import type { CameraPlayer } from '@vedette/client';
import { useImperativeHandle, useMemo, useRef, useState, type ReactNode, type Ref } from 'react';
import { useCamera } from '../cameras/use-cameras.ts';
import { classNames } from '../ui/class-names.ts';
import { StateBadge } from './state-badge.tsx';
import { hasPanel, StatePanel } from './state-panel.tsx';
import { StatsOverlay } from './stats-overlay.tsx';
import { useIdleMark } from './use-idle-mark.ts';
import { usePlayer, usePlayerState } from './use-player.ts';
import { viewerActions, type ViewerActions } from './viewer-actions.ts';
import { ViewerControls, type ViewerControlsProps } from './viewer-controls.tsx';
import { viewerState, type ViewerState } from './viewer-state.ts';

type Look = 'tile' | 'page';

export interface CameraViewerProps {
  readonly cameraId: string;
  /** `tile`: one of many, controls on hover. `page`: the one on the page. */
  readonly look: Look;
  /** Whether its controls are in the order of the Tab key. */
  readonly isReachable?: boolean;
  /** What lies over the picture and under the controls, such as the link of a tile. */
  readonly cover?: (name: string, state: ViewerState) => ReactNode;
  readonly ref?: Ref<ViewerActions>;
}

/** Shown under the pointer, with the focus, and while a menu of theirs is open. */
const CONTROLS =
  'opacity-0 transition-opacity group-hover:opacity-100 group-has-focus-visible:opacity-100 group-data-idle:not-group-has-focus-visible:opacity-0 has-data-[state=open]:opacity-100';

/** On touch a tile is a way in: the page behind it has the controls, always there. */
const CONTROLS_ON_TOUCH: Readonly<Record<Look, string>> = {
  tile: 'pointer-coarse:hidden',
  page: 'pointer-coarse:opacity-100',
};

interface CaptionProps extends ViewerControlsProps {
  readonly look: Look;
  readonly state: ViewerState;
}

/** The name makes room for the controls while they are there. */
const ROOM =
  'group-hover:pr-10 @min-[340px]/viewer:group-hover:pr-52 group-has-focus-visible:pr-10 @min-[340px]/viewer:group-has-focus-visible:pr-52';

const ROOM_ON_TOUCH = 'pointer-coarse:pr-12 @min-[340px]/viewer:pointer-coarse:pr-64';

/** Along the lower edge: name and state on the left, controls on the right. */
function Caption({ look, state, ...controls }: CaptionProps): ReactNode {
  return (
    <div className="scrim-bottom pointer-events-none absolute inset-x-0 bottom-0 pt-8">
      <div className={classNames('px-3 pb-2', ROOM, look === 'page' && ROOM_ON_TOUCH)}>
        <div className="truncate text-base font-medium text-on-video">{controls.name}</div>
        <div className={hasPanel(state) ? '@min-[560px]/viewer:hidden' : ''}>
          <StateBadge state={state} on="video" />
        </div>
      </div>
      <div className={classNames('absolute right-1 bottom-1', CONTROLS, CONTROLS_ON_TOUCH[look])}>
        <ViewerControls {...controls} />
      </div>
    </div>
  );
}

function useActions(player: CameraPlayer, hasSound: boolean): { actions: ViewerActions; isShowing: boolean } {
  const [isShowing, setShowing] = useState(false);
  const actions = useMemo(
    () => viewerActions({ player, hasSound, toggleStatistics: () => setShowing((before) => !before) }),
    [player, hasSound],
  );
  return { actions, isShowing };
}

/**
 * One camera: its picture, its name and state, and what can be done with it. It fills its parent. Use
 * the camera's id as its key.
 */
export function CameraViewer({
  cameraId,
  look,
  isReachable = true,
  cover,
  ref,
}: CameraViewerProps): ReactNode {
  const root = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const { camera, isMissing } = useCamera(cameraId);
  const player = usePlayer(cameraId, camera, host);
  const state = viewerState(usePlayerState(player), camera, isMissing);
  const hasSound = camera?.tracks.some(({ kind }) => kind === 'audio') ?? false;
  const { actions, isShowing } = useActions(player, hasSound);
  useImperativeHandle(ref, () => actions, [actions]);
  useIdleMark(root);
  const name = camera?.name ?? cameraId;
  return (
    <div
      ref={root}
      data-viewer={cameraId}
      data-state={state.name}
      className={classNames(
        'group @container/viewer relative size-full overflow-hidden data-idle:cursor-none',
        hasPanel(state) ? 'bg-tile' : 'bg-video',
      )}
    >
      <div
        ref={host}
        className={classNames('absolute inset-0 transition-opacity', hasPanel(state) && 'opacity-30')}
      />
      <StatePanel player={player} state={state} />
      {cover?.(name, state)}
      {isShowing && <StatsOverlay player={player} />}
      <Caption
        look={look}
        state={state}
        player={player}
        name={name}
        actions={actions}
        hasSound={hasSound}
        isShowingStatistics={isShowing}
        isReachable={isReachable}
      />
    </div>
  );
}
