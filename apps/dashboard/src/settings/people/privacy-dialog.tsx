import { useMutation } from '@tanstack/react-query';
import type { Erasure, User, UserData } from '@vedette/contract';
import { Download } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { useRefreshPeople } from './use-refresh-people.ts';

const words = setupMessages.people;

interface PrivacyDialogProps {
  readonly user: User;
  readonly onClose: () => void;
}

function Choices({ user, onErase }: { readonly user: User; readonly onErase: () => void }): ReactNode {
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.get<UserData>(`/api/v1/users/${user.id}/data`),
    onSuccess: (data) =>
      saveFile(`vedette-${user.name}.json`, 'application/json', JSON.stringify(data, null, 2)),
  });
  return (
    <div className="flex flex-col gap-4 px-5 pb-5">
      <p>{words.dataText}</p>
      <div>
        <Button look="primary" disabled={isPending} onClick={() => mutate()}>
          <Download size={16} aria-hidden />
          {words.download}
        </Button>
      </div>
      <Complaint error={error} />
      <p className="border-t border-line pt-4">{words.eraseText}</p>
      <div>
        <Button look="danger" onClick={onErase}>
          {words.eraseOf(user.displayName)}
        </Button>
      </div>
    </div>
  );
}

/** What is kept about somebody: as a file, or erased. */
export function PrivacyDialog({ user, onClose }: PrivacyDialogProps): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const refresh = useRefreshPeople();
  const { mutate, isPending, error, data } = useMutation({
    mutationFn: async () => api.send<Erasure>('DELETE', `/api/v1/users/${user.id}/data`),
  });
  const close = (): void => {
    onClose();
    // Not before: this dialog belongs to an entry of the list.
    if (data !== undefined) void refresh();
  };
  if (isAsking && data === undefined) {
    return (
      <ConfirmDialog
        title={words.eraseOf(user.displayName)}
        text={words.eraseConfirm}
        action={words.erase}
        isBusy={isPending}
        error={error}
        onConfirm={() => mutate()}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && close()}
      title={words.dataOf(user.displayName)}
      className="max-w-md"
    >
      {data === undefined ? (
        <Choices user={user} onErase={() => setAsking(true)} />
      ) : (
        <div className="flex flex-col gap-4 px-5 pb-5">
          <p role="status">{words.erased(data.pseudonym, data.auditEntries)}</p>
          <div className="flex justify-end">
            <Button onClick={close}>{messages.done}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
