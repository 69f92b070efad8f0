import { useMutation } from '@tanstack/react-query';
import type { PasswordResetAnswer, User } from '@vedette/contract';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { setupMessages } from '../../messages/setup.ts';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { InitialPassword, PersonDialog } from './person-dialog.tsx';
import { PrivacyDialog } from './privacy-dialog.tsx';
import { useRefreshPeople } from './use-refresh-people.ts';

const words = setupMessages.people;

/** What asks once and then is done. */
type PlainDeed = 'logout' | 'resetTotp' | 'disable' | 'enable' | 'remove';
export type PersonDeed = PlainDeed | 'edit' | 'password' | 'data';

interface PlainWords {
  readonly title: (name: string) => string;
  readonly text: string;
  readonly action: string;
  readonly send: (path: string) => Promise<unknown>;
}

const PLAIN: Readonly<Record<PlainDeed, PlainWords>> = {
  logout: {
    title: words.logoutOf,
    text: words.logoutText,
    action: words.logout,
    send: async (path) => api.send('POST', `${path}/logout`),
  },
  resetTotp: {
    title: words.resetTotpOf,
    text: words.resetTotpText,
    action: words.resetTotp,
    send: async (path) => api.send('POST', `${path}/totp/reset`),
  },
  disable: {
    title: words.disableOf,
    text: words.disableText,
    action: words.disable,
    send: async (path) => api.send('PATCH', path, { disabled: true }),
  },
  enable: {
    title: words.enableOf,
    text: words.enableText,
    action: words.enable,
    send: async (path) => api.send('PATCH', path, { disabled: false }),
  },
  remove: {
    title: words.removeOf,
    text: words.removeText,
    action: words.remove,
    send: async (path) => api.send('DELETE', path),
  },
};

const pathOf = (user: User): string => `/api/v1/users/${user.id}`;

interface PersonProps {
  readonly user: User;
  readonly onClose: () => void;
}

function PlainDialog({ deed, user, onClose }: PersonProps & { readonly deed: PlainDeed }): ReactNode {
  const refresh = useRefreshPeople();
  const { title, text, action, send } = PLAIN[deed];
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => send(pathOf(user)),
    onSuccess: async () => {
      onClose();
      await refresh();
    },
  });
  return (
    <ConfirmDialog
      title={title(user.displayName)}
      text={text}
      action={action}
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    />
  );
}

function PasswordDialog({ user, onClose }: PersonProps): ReactNode {
  const refresh = useRefreshPeople();
  const [password, setPassword] = useState<string | null>(null);
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.send<PasswordResetAnswer>('POST', `${pathOf(user)}/password`, {}),
    onSuccess: async ({ initialPassword }) => {
      setPassword(initialPassword);
      await refresh();
    },
  });
  const title = words.passwordOf(user.displayName);
  if (password === null) {
    return (
      <ConfirmDialog
        title={title}
        text={words.passwordText}
        action={words.makePassword}
        isBusy={isPending}
        error={error}
        onConfirm={() => mutate()}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={title} className="max-w-md">
      <InitialPassword name={user.name} password={password} onClose={onClose} />
    </Dialog>
  );
}

/** What was chosen to be done with somebody. */
export function PersonDeedDialog({ deed, ...props }: PersonProps & { readonly deed: PersonDeed }): ReactNode {
  switch (deed) {
    case 'edit':
      return <PersonDialog {...props} />;
    case 'password':
      return <PasswordDialog {...props} />;
    case 'data':
      return <PrivacyDialog {...props} />;
    case 'logout':
    case 'resetTotp':
    case 'disable':
    case 'enable':
    case 'remove':
      return <PlainDialog deed={deed} {...props} />;
  }
}
