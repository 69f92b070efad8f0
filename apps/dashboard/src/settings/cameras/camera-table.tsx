import { useNavigate } from '@tanstack/react-router';
import type { Camera } from '@vedette/contract';
import { CirclePause, Eye, KeyRound, Pencil, Settings2, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMayWith } from '../../account/use-account.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { ActionMenu, type MenuAction } from '../../ui/action-menu.tsx';
import { ACTIONS_CELL, CELL, DataTable, ROW } from '../../ui/data-table.tsx';
import { StateBadge } from '../../viewer/state-badge.tsx';
import { viewerState } from '../../viewer/viewer-state.ts';

const words = setupMessages.cameras;

/** How it is at the gateway, whatever is shown of it here. */
function State({ camera }: { readonly camera: Camera }): ReactNode {
  if (camera.state.name === 'idle') {
    return (
      <span className="flex items-center gap-1.5 text-small text-muted">
        <CirclePause size={14} aria-hidden />
        {words.idle}
      </span>
    );
  }
  const isLive = camera.state.name === 'live';
  const player = isLive
    ? ({ name: 'live', protocol: 'mse', sinceMs: 0 } as const)
    : ({ name: 'absent' } as const);
  return <StateBadge state={viewerState(player, camera, false)} on="page" />;
}

/** What can be done with one camera here. */
export type CameraDeed = 'edit' | 'keys' | 'remove';

interface RowProps {
  readonly camera: Camera;
  readonly onDo: (deed: CameraDeed, camera: Camera) => void;
}

function useActions({ camera, onDo }: RowProps): readonly MenuAction[] {
  const navigate = useNavigate();
  const mayPublish = useMayWith(camera.id, 'publish');
  const isOwn = camera.managedBy === 'api';
  return [
    {
      label: isOwn ? words.edit : words.show,
      icon: isOwn ? Pencil : Settings2,
      onSelect: () => onDo('edit', camera),
    },
    {
      label: words.watch,
      icon: Eye,
      onSelect: () => void navigate({ to: '/live/$cameraId', params: { cameraId: camera.id } }),
    },
    ...(camera.source === 'publish' && mayPublish
      ? [{ label: words.publishKeys, icon: KeyRound, onSelect: () => onDo('keys', camera) }]
      : []),
    ...(isOwn
      ? [{ label: words.remove, icon: Trash2, isDanger: true, onSelect: () => onDo('remove', camera) }]
      : []),
  ];
}

function Row({ camera, onDo }: RowProps): ReactNode {
  const { id, name, managedBy, groups, zones } = camera;
  const actions = useActions({ camera, onDo });
  return (
    <tr className={ROW}>
      <td className={CELL}>
        <button
          type="button"
          className="cursor-pointer text-left font-medium hover:underline"
          onClick={() => onDo('edit', camera)}
        >
          {name}
        </button>
        <div className="font-mono text-small text-muted">{id}</div>
      </td>
      <td className={CELL}>
        <State camera={camera} />
      </td>
      <td className={CELL}>{words.managedBy[managedBy]}</td>
      <td className={`${CELL} min-w-32 whitespace-normal`}>{[...groups, ...zones].join(', ')}</td>
      <td className={ACTIONS_CELL}>
        <ActionMenu label={words.actionsOf(name)} actions={actions} />
      </td>
    </tr>
  );
}

/** All cameras, how each is, and where it is declared. */
export function CameraTable({
  cameras,
  onDo,
}: {
  readonly cameras: readonly Camera[];
  readonly onDo: RowProps['onDo'];
}): ReactNode {
  return (
    <DataTable
      label={messages.settingsPlaces.cameras}
      headings={[words.name, words.state, words.declared, words.sets, '']}
    >
      {cameras.map((camera) => (
        <Row key={camera.id} camera={camera} onDo={onDo} />
      ))}
    </DataTable>
  );
}
