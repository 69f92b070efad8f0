import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../cameras/first-list.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { TextField } from '../ui/field.tsx';

const words = messages.login;

export interface NewPasswordFormProps {
  /** Where it is known already; asked for where not. */
  readonly currentPassword?: string;
  readonly onDone: () => void;
}

/** A new password in place of the present one. */
export function NewPasswordForm({ currentPassword, onDone }: NewPasswordFormProps): ReactNode {
  const [current, setCurrent] = useState(currentPassword ?? '');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () =>
      api.send('POST', '/api/v1/me/password', { currentPassword: current, newPassword: password }),
    onSuccess: onDone,
  });
  const isDifferent = again !== '' && again !== password;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (password === again) mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
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
      <TextField
        label={words.newPassword}
        hint={words.newPasswordHint}
        type="password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="new-password"
        minLength={10}
        maxLength={256}
        required
      />
      <TextField
        label={words.again}
        error={isDifferent ? words.different : undefined}
        type="password"
        value={again}
        onChange={(event) => setAgain(event.target.value)}
        autoComplete="new-password"
        required
      />
      <Complaint error={error} />
      <Button
        type="submit"
        look="primary"
        className="h-10 justify-center"
        disabled={isPending || isDifferent}
      >
        {words.setPassword}
      </Button>
    </form>
  );
}
