import { useMutation, useQuery } from '@tanstack/react-query';
import { ApiError } from '@vedette/client';
import type { CookieLogin, LoginMethods, LoginRequest } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../cameras/first-list.ts';
import { accountMessages } from '../messages/account.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { CheckField, TextField } from '../ui/field.tsx';
import { useTitle } from '../ui/use-title.ts';
import { Mark } from '../app/mark.tsx';
import { NewPasswordForm } from './new-password-form.tsx';
import { placeAfterLogin } from './next-place.ts';

const words = accountMessages.login;

type Step = 'password' | 'code' | 'newPassword';

function useLogin(onStep: (step: Step) => void): {
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly login: (request: LoginRequest) => void;
} {
  const { isPending, error, mutate } = useMutation({
    mutationFn: async (request: LoginRequest) => api.send<CookieLogin>('POST', '/api/v1/auth/login', request),
    onSuccess: ({ mustChangePassword }) => {
      if (mustChangePassword) onStep('newPassword');
      // Loaded anew: the page asks for pictures before anything else, and is somebody's from the start.
      else location.replace(placeAfterLogin(location.search));
    },
    onError: (fault) => {
      if (fault instanceof ApiError && fault.code === 'ERR_TOTP_REQUIRED') onStep('code');
    },
  });
  const isAskingForCode = error instanceof ApiError && error.code === 'ERR_TOTP_REQUIRED';
  return { isPending, error: isAskingForCode ? null : error, login: mutate };
}

function SingleSignOn({ methods }: { readonly methods: LoginMethods }): ReactNode {
  if (methods.oidc === null) return null;
  const next = new URLSearchParams({ next: placeAfterLogin(location.search) });
  return (
    <a
      href={`${methods.oidc.url}?${next}`}
      className="inline-flex h-10 items-center justify-center rounded-md bg-hover px-3 font-medium hover:bg-line"
    >
      {words.signOnWith(methods.oidc.name)}
    </a>
  );
}

interface Answers {
  readonly name: string;
  readonly password: string;
  readonly code: string;
  readonly remember: boolean;
}

interface FieldsProps {
  readonly answers: Answers;
  readonly onChange: (change: Partial<Answers>) => void;
}

function PasswordFields({ answers: { name, password, remember }, onChange }: FieldsProps): ReactNode {
  return (
    <>
      <TextField
        label={words.name}
        value={name}
        onChange={(event) => onChange({ name: event.target.value })}
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        autoFocus
        required
      />
      <TextField
        label={words.password}
        type="password"
        value={password}
        onChange={(event) => onChange({ password: event.target.value })}
        autoComplete="current-password"
        required
      />
      <CheckField
        label={words.remember}
        checked={remember}
        onChange={(event) => onChange({ remember: event.target.checked })}
      />
    </>
  );
}

function CodeField({ answers: { code }, onChange }: FieldsProps): ReactNode {
  return (
    <TextField
      label={words.code}
      hint={words.codeHint}
      value={code}
      onChange={(event) => onChange({ code: event.target.value })}
      autoComplete="one-time-code"
      autoCapitalize="off"
      spellCheck={false}
      autoFocus
      required
    />
  );
}

interface LoginFormProps {
  readonly step: Exclude<Step, 'newPassword'>;
  readonly onStep: (step: Step) => void;
  /** What was typed, for the change that may have to follow. */
  readonly onTyped: (typed: Pick<Answers, 'name' | 'password'>) => void;
}

function LoginForm({ step, onStep, onTyped }: LoginFormProps): ReactNode {
  const [answers, setAnswers] = useState<Answers>({ name: '', password: '', code: '', remember: false });
  const { isPending, error, login } = useLogin(onStep);
  const Fields = step === 'password' ? PasswordFields : CodeField;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const { code, ...rest } = answers;
    onTyped(answers);
    login({ ...rest, cookie: true, ...(step === 'code' ? { code } : {}) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Fields answers={answers} onChange={(change) => setAnswers({ ...answers, ...change })} />
      <Complaint error={error} />
      <Button type="submit" look="primary" className="h-10 justify-center" disabled={isPending}>
        {words.submit}
      </Button>
      {step === 'code' && <Button onClick={() => onStep('password')}>{words.back}</Button>}
    </form>
  );
}

/** What the single sign-on sent the person back with. */
function OutsideFault(): ReactNode {
  const code = new URLSearchParams(location.search).get('error');
  if (code === null) return null;
  return (
    <p role="alert" className="text-small text-bad">
      {words.outsideFaults[code] ?? words.outsideFault(code)}
    </p>
  );
}

/** Who are you? Nothing else of the dashboard is there before that is known. */
export function LoginPage(): ReactNode {
  useTitle(words.title);
  const [step, setStep] = useState<Step>('password');
  const [typed, setTyped] = useState({ name: '', password: '' });
  const { data: methods, error } = useQuery({
    queryKey: ['login-methods'],
    queryFn: async ({ signal }) => api.get<LoginMethods>('/api/v1/auth/methods', signal),
    staleTime: Infinity,
  });
  return (
    <div className="flex h-full items-center justify-center overflow-auto p-6">
      <div className="flex w-full max-w-xs flex-col gap-6">
        <div className="flex items-center gap-3">
          <Mark className="size-8" />
          <h1 className="text-large font-semibold">
            {step === 'newPassword' ? words.newPasswordTitle : words.title}
          </h1>
        </div>
        {step === 'newPassword' ? (
          <NewPasswordForm
            name={typed.name}
            currentPassword={typed.password}
            onDone={() => location.replace(placeAfterLogin(location.search))}
          />
        ) : (
          <LoginForm step={step} onStep={setStep} onTyped={setTyped} />
        )}
        <OutsideFault />
        <Complaint error={error} />
        {methods !== undefined && step === 'password' && <SingleSignOn methods={methods} />}
      </div>
    </div>
  );
}
