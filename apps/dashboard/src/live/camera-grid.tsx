import { Link } from '@tanstack/react-router';
import { useRef, useState, type ReactNode, type RefObject } from 'react';
import { messages } from '../messages/index.ts';
import { useElementSize } from '../ui/use-element-size.ts';
import { useKeys } from '../ui/use-keys.ts';
import { CameraViewer } from '../viewer/camera-viewer.tsx';
import { stateWords } from '../viewer/state-words.ts';
import { useClock } from '../viewer/use-clock.ts';
import { actByKey, type ViewerActions } from '../viewer/viewer-actions.ts';
import type { ViewerState } from '../viewer/viewer-state.ts';
import { neighbour, planGrid, type Direction, type Layout } from './grid-layout.ts';

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

interface TileLinkProps {
  readonly cameraId: string;
  readonly name: string;
  readonly state: ViewerState;
  readonly isReachable: boolean;
}

/** The whole tile leads to the camera. */
function TileLink({ cameraId, name, state, isReachable }: TileLinkProps): ReactNode {
  const words = stateWords(state, useClock(false));
  return (
    <Link
      to="/live/$cameraId"
      params={{ cameraId }}
      tabIndex={isReachable ? 0 : -1}
      data-tile={cameraId}
      aria-label={messages.live.openCamera(name, words)}
      className="absolute inset-0 -outline-offset-2"
    />
  );
}

export interface CameraGridProps {
  readonly layout: Layout;
  readonly cameraIds: readonly string[];
}

interface GridKeys {
  readonly grid: RefObject<HTMLElement | null>;
  readonly viewers: RefObject<ReadonlyMap<string, ViewerActions>>;
  readonly cameraIds: readonly string[];
  readonly columns: number;
}

/** Arrows move the focus; the keys of a picture go to the tile in focus, or else under the pointer. */
function useGridKeys({ grid, viewers, cameraIds, columns }: GridKeys): void {
  const moveTo = (index: number): void => {
    const id = cameraIds[index];
    if (id === undefined) return;
    grid.current?.querySelector<HTMLElement>(`[data-tile="${CSS.escape(id)}"]`)?.focus();
  };

  useKeys((key, { target }) => {
    const focused = target instanceof Element ? target.closest<HTMLElement>('[data-viewer]') : null;
    const pointed = grid.current?.querySelector<HTMLElement>('[data-viewer]:hover');
    const id = (focused ?? pointed)?.dataset['viewer'];
    const direction = ARROWS[key];
    if (direction === undefined) return id !== undefined && actByKey(key, viewers.current.get(id));
    const index = focused === null || id === undefined ? -1 : cameraIds.indexOf(id);
    moveTo(index === -1 ? 0 : neighbour(index, direction, columns, cameraIds.length));
    return true;
  });
}

/** The tiles of one page. One of them at a time is in the order of the Tab key. */
export function CameraGrid({ layout, cameraIds }: CameraGridProps): ReactNode {
  const grid = useRef<HTMLDivElement>(null);
  const viewers = useRef(new Map<string, ViewerActions>());
  const area = useElementSize(grid);
  const plan = planGrid(layout, cameraIds.length, area);
  const [reachableId, setReachableId] = useState<string>();
  const reachable = cameraIds.find((id) => id === reachableId) ?? cameraIds[0];

  useGridKeys({ grid, viewers, cameraIds, columns: plan.columns });
  return (
    <div ref={grid} className="size-full overflow-x-hidden overflow-y-auto">
      {area.width > 0 && (
        <ul
          aria-label={messages.live.cameras}
          className="grid min-h-full gap-0.5"
          style={{
            gridTemplateColumns: `repeat(${plan.columns}, ${plan.tileWidth}px)`,
            gridTemplateRows: `repeat(${plan.rows}, ${plan.tileHeight}px)`,
            justifyContent: 'center',
            alignContent: plan.isScrolling ? 'start' : 'center',
          }}
        >
          {cameraIds.map((cameraId) => (
            <li key={cameraId} onFocus={() => setReachableId(cameraId)}>
              <CameraViewer
                ref={(actions: ViewerActions | null) => {
                  if (actions === null) viewers.current.delete(cameraId);
                  else viewers.current.set(cameraId, actions);
                }}
                cameraId={cameraId}
                look="tile"
                isReachable={cameraId === reachable}
                cover={(name, state) => (
                  <TileLink
                    cameraId={cameraId}
                    name={name}
                    state={state}
                    isReachable={cameraId === reachable}
                  />
                )}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
