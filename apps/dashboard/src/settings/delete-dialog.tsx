import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../cameras/first-list.ts';
import { ConfirmDialog, type ConfirmDialogProps } from '../ui/confirm-dialog.tsx';

/** Asks, and has the gateway take away what is at a path of the API. */
export function DeleteDialog({
  path,
  forget,
  onClose,
  ...question
}: Pick<ConfirmDialogProps, 'title' | 'text' | 'action' | 'onClose'> & {
  readonly path: string;
  /** It is gone: takes it out of what the page knows. */
  readonly forget: (client: QueryClient) => Promise<void> | void;
}): ReactNode {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => api.send('DELETE', path),
    onSuccess: async () => {
      onClose();
      await forget(client);
    },
  });
  return (
    <ConfirmDialog
      {...question}
      isBusy={isPending}
      error={error}
      onConfirm={() => mutate()}
      onClose={onClose}
    />
  );
}
