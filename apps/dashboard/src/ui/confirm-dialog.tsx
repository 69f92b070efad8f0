import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { Button } from './button.tsx';
import { Complaint } from './complaint.tsx';
import { Dialog } from './dialog.tsx';

export interface ConfirmDialogProps {
  readonly title: string;
  /** What will be, and that it can't be taken back. */
  readonly text: string;
  /** What the button says: the deed, not “OK”. */
  readonly action: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before what can't be taken back. */
export function ConfirmDialog({
  title,
  text,
  action,
  isBusy,
  error,
  onConfirm,
  onClose,
}: ConfirmDialogProps): ReactNode {
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={title} className="max-w-md">
      <div className="flex flex-col gap-4 px-5 pb-5">
        <p className="text-muted">{text}</p>
        <Complaint error={error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{messages.cancel}</Button>
          <Button look="danger" disabled={isBusy} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
