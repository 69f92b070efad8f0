import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { embedCode } from '../viewer/addresses.ts';

const words = messages.camera;

export interface EmbedDialogProps {
  readonly cameraId: string;
  readonly name: string;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

export function EmbedDialog({ cameraId, name, isOpen, onOpenChange }: EmbedDialogProps): ReactNode {
  const code = embedCode(cameraId, name);
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title={words.embedTitle}>
      <div className="flex flex-col items-start gap-4 px-5 pb-5">
        <p className="text-muted">{words.embedText}</p>
        <pre
          tabIndex={0}
          aria-label={words.embed}
          className="w-full overflow-x-auto rounded-md bg-canvas px-4 py-3 font-mono text-small select-all"
        >
          {code}
        </pre>
        <CopyButton look="primary" text={code} label={messages.copy.do} />
      </div>
    </Dialog>
  );
}
