import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Profile, TotpSetup } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../cameras/first-list.ts';
import { accountMessages } from '../messages/account.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { TextField } from '../ui/field.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { refreshAccount } from './use-account.ts';

const words = accountMessages.account;

/** Asks for the password before what it protects. */
function PasswordForm({
  name,
  action,
  isBusy,
  error,
  onPassword,
  onCancel,
}: {
  readonly name: string;
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onPassword: (password: string) => void;
  readonly onCancel: () => void;
}): ReactNode {
  const [password, setPassword] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onPassword(password);
  };
  return (
    <form onSubmit={submit} className="flex max-w-xs flex-col gap-3">
      <input type="text" value={name} autoComplete="username" readOnly hidden />
      <TextField
        label={accountMessages.login.currentPassword}
        type="password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="current-password"
        autoFocus
        required
      />
      <Complaint error={error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={isBusy}>
          {action}
        </Button>
        <Button onClick={onCancel}>{messages.cancel}</Button>
      </div>
    </form>
  );
}

function Enrolment({
  setup,
  onCodes,
  onCancel,
}: {
  readonly setup: TotpSetup;
  readonly onCodes: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}): ReactNode {
  const client = useQueryClient();
  const [code, setCode] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.send<{ codes: string[] }>('POST', '/api/v1/me/totp/enable', { code }),
    onSuccess: async ({ codes }) => {
      onCodes(codes);
      await refreshAccount(client);
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <p>{words.scan}</p>
      <QrCode text={setup.url} label={words.qrCode} />
      <p className="text-small text-muted">
        {words.orType} <code className="font-mono break-all">{setup.secret}</code>
      </p>
      <TextField
        label={accountMessages.login.code}
        className="max-w-40"
        value={code}
        onChange={(event) => setCode(event.target.value)}
        inputMode="numeric"
        autoComplete="one-time-code"
        required
      />
      <Complaint error={error} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" disabled={isPending}>
          {words.enable}
        </Button>
        <Button onClick={onCancel}>{messages.cancel}</Button>
      </div>
    </form>
  );
}

function RecoveryCodes({
  codes,
  onDone,
}: {
  readonly codes: readonly string[];
  readonly onDone: () => void;
}): ReactNode {
  return (
    <div className="flex flex-col gap-3" role="status">
      <p>{words.recoveryText}</p>
      <ul className="grid max-w-md grid-cols-1 gap-x-6 gap-y-1 font-mono text-small sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <p className="text-small text-warn">{messages.secretOnce}</p>
      <div className="flex gap-2">
        <CopyButton text={codes.join('\n')} label={messages.copy.do} look="primary" />
        <Button onClick={onDone}>{messages.done}</Button>
      </div>
    </div>
  );
}

type Step = 'idle' | 'setUp' | 'disable' | 'newCodes';

/** Which request the password goes with. */
const PATHS: Readonly<Record<Exclude<Step, 'idle'>, string>> = {
  setUp: '/api/v1/me/totp',
  disable: '/api/v1/me/totp/disable',
  newCodes: '/api/v1/me/recovery-codes',
};

function Choices({
  user,
  onStep,
}: {
  readonly user: NonNullable<Profile['user']>;
  readonly onStep: (step: Step) => void;
}): ReactNode {
  if (!user.totp) {
    return (
      <>
        <p className="text-muted">{words.secondFactorOff}</p>
        <div>
          <Button onClick={() => onStep('setUp')}>{words.setUp}</Button>
        </div>
      </>
    );
  }
  const left = user.recoveryCodesLeft;
  return (
    <>
      <p className="text-muted">{left === null ? words.secondFactorOn : words.codesLeft(left)}</p>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => onStep('newCodes')}>{words.newCodes}</Button>
        <Button look="danger" onClick={() => onStep('disable')}>
          {words.disable}
        </Button>
      </div>
    </>
  );
}

/** A code of an authenticator app beside the password: set up, taken away, and what helps when the app is lost. */
export function SecondFactor({ user }: { readonly user: NonNullable<Profile['user']> }): ReactNode {
  const client = useQueryClient();
  const [step, setStep] = useState<Step>('idle');
  const [setup, setSetup] = useState<TotpSetup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: async ({ asked, password }: { asked: Exclude<Step, 'idle'>; password: string }) =>
      api.send<Partial<TotpSetup & { codes: string[] }> | undefined>('POST', PATHS[asked], { password }),
    onSuccess: async (answer) => {
      const { secret, url, codes: fresh } = answer ?? {};
      if (secret !== undefined && url !== undefined) setSetup({ secret, url });
      if (fresh !== undefined) setCodes(fresh);
      setStep('idle');
      await refreshAccount(client);
    },
  });
  const go = (next: Step): void => {
    reset();
    setStep(next);
  };
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />;
  if (setup !== null && !user.totp) {
    return <Enrolment setup={setup} onCodes={setCodes} onCancel={() => setSetup(null)} />;
  }
  if (step === 'idle') return <Choices user={user} onStep={go} />;
  return (
    <PasswordForm
      name={user.name}
      action={words.steps[step]}
      isBusy={isPending}
      error={error}
      onPassword={(password) => mutate({ asked: step, password })}
      onCancel={() => go('idle')}
    />
  );
}
