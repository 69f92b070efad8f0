import { useMutation } from '@tanstack/react-query';
import { ROLES, type CreatedUser, type Grant, type NewUser, type Role, type User } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { faultBeside, faultOf } from '../../ui/field-fault.ts';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { GrantsEditor } from '../grants/grants-editor.tsx';
import { useRefreshPeople } from './use-refresh-people.ts';

const words = setupMessages.people;

interface PersonDraft {
  readonly name: string;
  readonly displayName: string;
  readonly role: Role;
  readonly grants: readonly Grant[];
  /** `null`: whatever new people get. */
  readonly plan: string | null;
}

const NOBODY: PersonDraft = { name: '', displayName: '', role: 'user', grants: [], plan: null };

function planOf(plan: string): string | null {
  return plan.trim() === '' ? null : plan.trim();
}

function newUserOf({ name, displayName, role, grants, plan }: PersonDraft): NewUser {
  return {
    name: name.trim(),
    role,
    grants: [...grants],
    ...(displayName.trim() === '' ? {} : { displayName: displayName.trim() }),
    ...(plan === null ? {} : { plan: planOf(plan) }),
  };
}

/** Makes or changes somebody. @returns who was made, with the password; `null` after a change. */
async function savePerson(user: User | undefined, draft: PersonDraft): Promise<CreatedUser | null> {
  if (user === undefined) return api.send<CreatedUser>('POST', '/api/v1/users', newUserOf(draft));
  const { displayName, role, grants, plan } = draft;
  const change = {
    displayName: displayName.trim() === '' ? user.name : displayName.trim(),
    role,
    grants,
    ...(plan === null ? {} : { plan: planOf(plan) }),
  };
  await api.send('PATCH', `/api/v1/users/${user.id}`, change);
  return null;
}

interface FieldsProps {
  readonly draft: PersonDraft;
  readonly isNew: boolean;
  readonly error: Error | null;
  readonly onChange: (part: Partial<PersonDraft>) => void;
}

function NameFields({ draft, isNew, error, onChange }: FieldsProps): ReactNode {
  return (
    <>
      {isNew && (
        <TextField
          label={words.loginName}
          hint={words.loginNameHint}
          error={faultOf(error, 'name')}
          value={draft.name}
          maxLength={100}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          onChange={(event) => onChange({ name: event.target.value })}
        />
      )}
      <TextField
        label={words.displayName}
        hint={words.displayNameHint}
        error={faultOf(error, 'displayName')}
        value={draft.displayName}
        maxLength={100}
        autoComplete="off"
        onChange={(event) => onChange({ displayName: event.target.value })}
      />
    </>
  );
}

function RightsFields({ draft: { role, grants, plan }, error, onChange }: FieldsProps): ReactNode {
  return (
    <>
      <SelectField
        label={words.role}
        hint={words.roleHints[role]}
        value={role}
        onChange={(event) => onChange({ role: event.target.value as Role })}
      >
        {ROLES.map((name) => (
          <option key={name} value={name}>
            {words.roleNames[name]}
          </option>
        ))}
      </SelectField>
      {role !== 'admin' && (
        <GrantsEditor grants={grants} onChange={(changed) => onChange({ grants: changed })} />
      )}
      <details>
        <summary className="cursor-pointer text-small font-medium">{words.more}</summary>
        <TextField
          className="mt-3"
          label={words.plan}
          hint={words.planHint}
          error={faultOf(error, 'plan')}
          value={plan ?? 'free'}
          maxLength={40}
          autoComplete="off"
          onChange={(event) => onChange({ plan: event.target.value })}
        />
      </details>
    </>
  );
}

function PersonForm({
  user,
  onDone,
}: {
  readonly user: User | undefined;
  readonly onDone: (made: CreatedUser | null) => void;
}): ReactNode {
  const refresh = useRefreshPeople();
  const [draft, setDraft] = useState<PersonDraft>(
    user === undefined ? NOBODY : { ...user, plan: user.plan ?? '' },
  );
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => savePerson(user, draft),
    onSuccess: async (made) => {
      onDone(made);
      await refresh();
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate();
  };
  const fields: FieldsProps = {
    draft,
    isNew: user === undefined,
    error,
    onChange: (part) => setDraft((before) => ({ ...before, ...part })),
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-auto px-5 pb-4">
        <NameFields {...fields} />
        <RightsFields {...fields} />
        <Complaint error={faultBeside(error, ['name', 'displayName', 'plan'])} />
      </div>
      <div className="flex shrink-0 justify-end gap-2 border-t border-line px-5 py-3">
        <Button type="submit" look="primary" disabled={isPending}>
          {user === undefined ? words.add : messages.save}
        </Button>
      </div>
    </form>
  );
}

/** Somebody's password, the one time that it is told. */
export function InitialPassword({
  name,
  password,
  onClose,
}: {
  readonly name: string;
  readonly password: string;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <div className="flex flex-col gap-4 px-5 pb-5">
      <SecretOnce label={words.initialPassword(name)} secret={password} />
      <p className="text-small text-muted">{words.initialText}</p>
      <div className="flex justify-end">
        <Button onClick={onClose}>{messages.done}</Button>
      </div>
    </div>
  );
}

/** Adds somebody, and shows the password; or changes who they are and what they may do. */
export function PersonDialog({
  user,
  onClose,
}: {
  readonly user?: User;
  readonly onClose: () => void;
}): ReactNode {
  const [made, setMade] = useState<CreatedUser | null>(null);
  const title =
    made !== null
      ? words.addedTitle(made.displayName)
      : user === undefined
        ? words.add
        : words.editOf(user.displayName);
  const done = (created: CreatedUser | null): void => {
    if (created === null) onClose();
    else setMade(created);
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={title}
      className="top-[6vh] max-h-[88vh]"
    >
      {made === null ? (
        <PersonForm user={user} onDone={done} />
      ) : (
        <InitialPassword name={made.name} password={made.initialPassword ?? ''} onClose={onClose} />
      )}
    </Dialog>
  );
}
