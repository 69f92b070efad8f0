import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Action, type Grant, type MadeApiKey, type NewApiKey } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CheckField, TextField } from '../../ui/field.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { GrantsEditor } from '../grants/grants-editor.tsx';
import { KEYS_QUERY } from './keys-query.ts';

const words = setupMessages.keys;
const { actionNames, siteActionNames } = setupMessages.grants;

function Checks({
  label,
  names,
  chosen,
  onToggle,
}: {
  readonly label: string;
  readonly names: Readonly<Partial<Record<Action, string>>>;
  readonly chosen: readonly Action[];
  readonly onToggle: (action: Action) => void;
}): ReactNode {
  return (
    <fieldset>
      <legend className="mb-1 text-small font-medium">{label}</legend>
      <div className="grid grid-cols-2 gap-x-4">
        {(Object.entries(names) as [Action, string][]).map(([action, name]) => (
          <CheckField
            key={action}
            label={name}
            checked={chosen.includes(action)}
            onChange={() => onToggle(action)}
          />
        ))}
      </div>
    </fieldset>
  );
}

function KeyForm({ onMade }: { readonly onMade: (made: MadeApiKey) => void }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [until, setUntil] = useState('');
  const [actions, setActions] = useState<readonly Action[]>([]);
  const [grants, setGrants] = useState<Grant[]>([]);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (key: NewApiKey) => api.send<MadeApiKey>('POST', '/api/v1/api-keys', key),
    onSuccess: async (made) => {
      onMade(made);
      await client.invalidateQueries({ queryKey: KEYS_QUERY });
    },
  });
  const toggle = (action: Action): void =>
    setActions(actions.includes(action) ? actions.filter((other) => other !== action) : [...actions, action]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const expiresAt = until === '' ? null : new Date(until).toISOString();
    mutate({ name, expiresAt, scope: { actions: [...actions], grants } });
  };
  const isNothing = actions.length === 0 && grants.length === 0;
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <TextField
        label={words.name}
        hint={words.nameHint}
        value={name}
        onChange={(event) => setName(event.target.value)}
        maxLength={100}
        autoFocus
        required
      />
      <Checks label={words.site} names={siteActionNames} chosen={actions} onToggle={toggle} />
      <Checks label={words.allCameras} names={actionNames} chosen={actions} onToggle={toggle} />
      <GrantsEditor grants={grants} onChange={setGrants} />
      <TextField
        label={words.expires}
        hint={words.expiresHint}
        type="datetime-local"
        value={until}
        onChange={(event) => setUntil(event.target.value)}
      />
      <Complaint error={error} />
      <div>
        <Button type="submit" look="primary" disabled={isPending || isNothing}>
          {words.add}
        </Button>
      </div>
    </form>
  );
}

/** Makes a key, and shows it the one time that it is told. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [made, setMade] = useState<MadeApiKey | null>(null);
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={words.add}>
      {made === null ? (
        <KeyForm onMade={setMade} />
      ) : (
        <div className="flex flex-col gap-4 px-5 pb-5">
          <SecretOnce label={made.name} secret={made.key} />
          <p className="text-small text-muted">{words.use}</p>
          <div className="flex justify-end">
            <Button onClick={onClose}>{messages.done}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
