import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../cameras/first-list.ts';
import { accountMessages } from '../messages/account.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { TextField } from '../ui/field.tsx';

const words = accountMessages.login;

export interface NewPasswordFormProps {
  /** What the person logs in with: password managers ask which password it is that changes. */
  readonly name: string;
  /** Where it is known already; asked for where not. */
  readonly currentPassword?: string;
  readonly onDone: () => void;
  /** Where the person may as well leave it. */
  readonly onCancel?: () => void;
}

interface NewPasswordFieldsProps {
  readonly password: string;
  readonly again: string;
  readonly onPassword: (password: string) => void;
  readonly onAgain: (again: string) => void;
}

/** Whether the second of the two, as far as it is there, is not the first. */
function isDifferent({ password, again }: Pick<NewPasswordFieldsProps, 'password' | 'again'>): boolean {
  return again !== '' && again !== password;
}

function NewPasswordFields({ password, again, onPassword, onAgain }: NewPasswordFieldsProps): ReactNode {
  return (
    <>
      <TextField
        label={words.newPassword}
        hint={words.newPasswordHint}
        type="password"
        value={password}
        onChange={(event) => onPassword(event.target.value)}
        autoComplete="new-password"
        minLength={10}
        maxLength={256}
        required
      />
      <TextField
        label={words.again}
        error={isDifferent({ password, again }) ? words.different : undefined}
        type="password"
        value={again}
        onChange={(event) => onAgain(event.target.value)}
        autoComplete="new-password"
        required
      />
    </>
  );
}

/** A new password in place of the present one. */
export function NewPasswordForm({
  name,
  currentPassword,
  onDone,
  onCancel,
}: NewPasswordFormProps): ReactNode {
  const [current, setCurrent] = useState(currentPassword ?? '');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () =>
      api.send('POST', '/api/v1/me/password', { currentPassword: current, newPassword: password }),
    onSuccess: onDone,
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (password === again) mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <input type="text" value={name} autoComplete="username" readOnly hidden />
      {currentPassword === undefined && (
        <TextField
          label={words.currentPassword}
          type="password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
          autoComplete="current-password"
          required
        />
      )}
      <NewPasswordFields password={password} again={again} onPassword={setPassword} onAgain={setAgain} />
      <Complaint error={error} />
      <Button
        type="submit"
        look="primary"
        className="h-10 justify-center"
        disabled={isPending || isDifferent({ password, again })}
      >
        {words.setPassword}
      </Button>
      {onCancel !== undefined && (
        <Button className="h-10 justify-center" onClick={onCancel}>
          {messages.cancel}
        </Button>
      )}
    </form>
  );
}
