import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Profile } from '@vedette/contract';
import { LogOut } from 'lucide-react';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../cameras/first-list.ts';
import { NewPasswordForm } from '../login/new-password-form.tsx';
import { accountMessages } from '../messages/account.ts';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { Complaint } from '../ui/complaint.tsx';
import { TextField } from '../ui/field.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { useTitle } from '../ui/use-title.ts';
import { LoginList } from './login-list.tsx';
import { SecondFactor } from './second-factor.tsx';
import { refreshAccount, useAccount, useLogout } from './use-account.ts';

const words = accountMessages.account;
type Person = NonNullable<Profile['user']>;

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section className="flex max-w-xl flex-col gap-3">
      <h2 className="text-title font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function DisplayName({ user }: { readonly user: Person }): ReactNode {
  const client = useQueryClient();
  const [name, setName] = useState(user.displayName);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.send('PATCH', '/api/v1/me', { displayName: name }),
    onSuccess: async () => refreshAccount(client),
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="flex items-end gap-2">
        <TextField
          label={words.displayName}
          className="flex-1"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={100}
          autoComplete="name"
          required
        />
        <Button type="submit" className="h-9" disabled={isPending || name === user.displayName}>
          {messages.save}
        </Button>
      </div>
      <Complaint error={error} />
    </form>
  );
}

function Password({ name }: { readonly name: string }): ReactNode {
  const [state, setState] = useState<'closed' | 'open' | 'done'>('closed');
  if (state === 'open') {
    return (
      <div className="max-w-xs">
        <NewPasswordForm name={name} onDone={() => setState('done')} onCancel={() => setState('closed')} />
      </div>
    );
  }
  return (
    <div className="flex items-center gap-3">
      <Button onClick={() => setState('open')}>{words.changePassword}</Button>
      {state === 'done' && <span role="status">{words.passwordChanged}</span>}
    </div>
  );
}

function PersonSections({ user }: { readonly user: Person }): ReactNode {
  return (
    <>
      <Section title={words.profile}>
        <p className="text-muted">{words.roleOf(user.name, messages.roles[user.role])}</p>
        <DisplayName user={user} />
      </Section>
      {user.hasPassword && (
        <Section title={words.password}>
          <Password name={user.name} />
        </Section>
      )}
      {user.hasPassword && (
        <Section title={words.secondFactor}>
          <SecondFactor user={user} />
        </Section>
      )}
      <Section title={words.logins}>
        <LoginList />
      </Section>
    </>
  );
}

/** Who one is, how one logs in, and where one is logged in. */
export function AccountPage(): ReactNode {
  useTitle(messages.places.account);
  const account = useAccount();
  const logOut = useLogout();
  const { mutate, isPending, error } = useMutation({ mutationFn: logOut });
  return (
    <div className="h-full overflow-auto">
      <PageHeader title={messages.places.account}>
        {account?.kind === 'user' && (
          <Button onClick={() => mutate()} disabled={isPending}>
            <LogOut size={16} aria-hidden />
            {words.logOut}
          </Button>
        )}
      </PageHeader>
      <div className="flex flex-col gap-8 px-4 pt-2 pb-8 md:pl-2">
        <Complaint error={error} />
        {account?.user ? (
          <PersonSections user={account.user} />
        ) : (
          account?.kind === 'everybody' && <p className="text-muted">{words.open}</p>
        )}
      </div>
    </div>
  );
}
