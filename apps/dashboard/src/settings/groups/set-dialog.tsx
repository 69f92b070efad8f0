import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CameraSetJson } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { faultBeside, faultOf } from '../../ui/field-fault.ts';
import { proposedId } from '../../ui/proposed-id.ts';
import { IdField } from '../id-field.tsx';
import { CameraChecks } from './camera-checks.tsx';
import { SET_LISTS, type SetKind } from './set-lists.ts';

const words = setupMessages.sets;

interface SetDraft {
  readonly id: string;
  readonly name: string;
  readonly chosen: ReadonlySet<string>;
}

/** Does what turns the set as it was into what was asked for, in steps: the API has one for each camera. */
async function saveSet(kind: SetKind, before: CameraSetJson | undefined, draft: SetDraft): Promise<void> {
  const list = SET_LISTS[kind].path;
  const name = draft.name.trim();
  if (before === undefined) {
    await api.send('POST', list, { id: draft.id, ...(name === '' ? {} : { name }) });
  } else if (before.managedBy === 'api' && name !== '' && name !== before.name) {
    await api.send('PATCH', `${list}/${draft.id}`, { name });
  }
  const members = new Set(before?.cameras.map(({ id }) => id));
  const member = (cameraId: string): string => `${list}/${draft.id}/cameras/${cameraId}`;
  for (const id of draft.chosen) if (!members.has(id)) await api.send('PUT', member(id));
  for (const id of members) if (!draft.chosen.has(id)) await api.send('DELETE', member(id));
}

interface SetFormProps {
  readonly kind: SetKind;
  /** The one that is changed; a new one where absent. */
  readonly set: CameraSetJson | undefined;
  readonly takenIds: readonly string[];
  readonly onDone: () => void;
}

function NameField({
  set,
  name,
  error,
  onName,
}: {
  readonly set: CameraSetJson | undefined;
  readonly name: string;
  readonly error: Error | null;
  readonly onName: (name: string) => void;
}): ReactNode {
  const isOfFile = set?.managedBy === 'file';
  return (
    <TextField
      label={words.name}
      hint={isOfFile ? words.nameFromFile : words.nameHint}
      error={faultOf(error, 'name')}
      value={name}
      disabled={isOfFile}
      maxLength={200}
      autoComplete="off"
      required
      onChange={(event) => onName(event.target.value)}
    />
  );
}

function SetForm({ kind, set, takenIds, onDone }: SetFormProps): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState(set?.name ?? '');
  const [typedId, setTypedId] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(set?.cameras.map(({ id }) => id)));
  const id = set?.id ?? typedId ?? proposedId(name, takenIds);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => saveSet(kind, set, { id, name, chosen }),
    onSuccess: onDone,
    // Also after a step that failed: the ones before it are done.
    onSettled: async () => client.invalidateQueries({ queryKey: SET_LISTS[kind].queryKey }),
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-auto px-5 pb-4">
        <NameField set={set} name={name} error={error} onName={setName} />
        {set === undefined && (
          <IdField
            id={id}
            isTyped={typedId !== null}
            taken={takenIds}
            hint={words.idHint}
            error={faultOf(error, 'id')}
            onType={setTypedId}
          />
        )}
        <CameraChecks members={set?.cameras ?? []} chosen={chosen} onChange={setChosen} />
        <Complaint error={faultBeside(error, ['name', 'id'])} />
      </div>
      <div className="flex shrink-0 justify-end gap-2 border-t border-line px-5 py-3">
        <Button type="submit" look="primary" disabled={isPending}>
          {set === undefined ? words[kind].add : messages.save}
        </Button>
      </div>
    </form>
  );
}

/** A group or a zone: its name, and which cameras are in it. */
export function SetDialog({
  kind,
  set,
  takenIds,
  onClose,
}: Omit<SetFormProps, 'onDone'> & { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={set === undefined ? words[kind].add : words.editOf(set.name)}
    >
      <SetForm kind={kind} set={set} takenIds={takenIds} onDone={onClose} />
    </Dialog>
  );
}
