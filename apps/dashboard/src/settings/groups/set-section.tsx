import { useQuery } from '@tanstack/react-query';
import type { CameraSetJson } from '@vedette/contract';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { useCameras } from '../../cameras/use-cameras.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { ACTIONS_CELL, CELL, DataTable, ROW } from '../../ui/data-table.tsx';
import { DeleteDialog } from '../delete-dialog.tsx';
import { SetDialog } from './set-dialog.tsx';
import { SET_LISTS, type SetKind } from './set-lists.ts';

const words = setupMessages.sets;
/** More names than these are counted. */
const NAMED = 6;

function Members({ cameras: members }: { readonly cameras: CameraSetJson['cameras'] }): ReactNode {
  const { data: cameras = [] } = useCameras((all) => all);
  if (members.length === 0) return <span className="text-muted">{words.noCameras}</span>;
  const names = members
    .slice(0, NAMED)
    .map(({ id }) => cameras.find((camera) => camera.id === id)?.name ?? id)
    .join(', ');
  return members.length > NAMED ? `${names}, ${words.someMore(members.length - NAMED)}` : names;
}

/** `both`: the file names it, and more was put into it here; it can't be removed here then. */
function originOf({ managedBy, cameras }: CameraSetJson): keyof typeof words.managedBy {
  const isNamedByFile = cameras.some((member) => member.managedBy === 'file');
  return managedBy === 'api' && isNamedByFile ? 'both' : managedBy;
}

function Row({
  set,
  onEdit,
  onRemove,
}: {
  readonly set: CameraSetJson;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}): ReactNode {
  const { id, name, cameras } = set;
  const origin = originOf(set);
  return (
    <tr className={ROW}>
      <td className={CELL}>
        <span className="font-medium">{name}</span>
        <div className="font-mono text-small text-muted">{id}</div>
      </td>
      <td className={`${CELL} min-w-48 whitespace-normal`}>
        <Members cameras={cameras} />
      </td>
      <td className={CELL}>{words.managedBy[origin]}</td>
      <td className={ACTIONS_CELL}>
        <IconButton icon={Pencil} label={words.edit} aria-label={words.editOf(name)} onClick={onEdit} />
        {origin === 'api' && (
          <IconButton
            icon={Trash2}
            label={words.remove}
            aria-label={words.removeOf(name)}
            onClick={onRemove}
          />
        )}
      </td>
    </tr>
  );
}

function SetTable({
  label,
  sets,
  onEdit,
  onRemove,
}: {
  readonly label: string;
  readonly sets: readonly CameraSetJson[];
  readonly onEdit: (set: CameraSetJson) => void;
  readonly onRemove: (set: CameraSetJson) => void;
}): ReactNode {
  if (sets.length === 0) return null;
  return (
    <DataTable label={label} headings={[words.name, words.cameras, words.declared, '']}>
      {sets.map((set) => (
        <Row key={set.id} set={set} onEdit={() => onEdit(set)} onRemove={() => onRemove(set)} />
      ))}
    </DataTable>
  );
}

/** The list of one of the two kinds, and what can be done with it. */
export function SetSection({ kind }: { readonly kind: SetKind }): ReactNode {
  const [editing, setEditing] = useState<CameraSetJson | 'new' | null>(null);
  const [removing, setRemoving] = useState<CameraSetJson | null>(null);
  const { path, queryKey } = SET_LISTS[kind];
  const { data, error } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => api.list<CameraSetJson>(path, signal),
    retry: false,
  });
  const { title, text, none, add, list } = words[kind];
  return (
    <section aria-labelledby={`sets-${kind}`} className="flex flex-col gap-2">
      <header className="flex min-h-10 items-center gap-3 px-4 md:pl-2">
        <h2 id={`sets-${kind}`} className="flex-1 text-title font-semibold">
          {title}
        </h2>
        <Button look={data?.length === 0 ? 'primary' : 'plain'} onClick={() => setEditing('new')}>
          <Plus size={16} aria-hidden />
          {add}
        </Button>
      </header>
      <div className="flex flex-col gap-2 px-4 md:pl-2">
        <p className="max-w-xl text-small text-muted">{text}</p>
        <Complaint error={error} />
        {data === undefined && error === null && <p className="text-muted">{messages.loading}</p>}
        {data?.length === 0 && <p className="text-muted">{none}</p>}
      </div>
      <SetTable label={list} sets={data ?? []} onEdit={setEditing} onRemove={setRemoving} />
      {editing !== null && (
        <SetDialog
          kind={kind}
          set={editing === 'new' ? undefined : editing}
          takenIds={(data ?? []).map(({ id }) => id)}
          onClose={() => setEditing(null)}
        />
      )}
      {removing !== null && (
        <DeleteDialog
          path={`${path}/${removing.id}`}
          title={words.removeOf(removing.name)}
          text={words.removeText}
          action={words.remove}
          forget={async (client) => client.invalidateQueries({ queryKey })}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}
