import * as RadixDialog from '@radix-ui/react-dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { classNames } from './class-names.ts';
import { useFullScreenElement } from './full-screen.ts';

export interface DialogProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  /** The title is read aloud but not shown, and there is no close button: `Esc` and the outside close it. */
  readonly isBare?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/**
 * A dialog over the page. The backdrop is our own element: Radix's writes a style sheet into the
 * page to stop it scrolling, which the content security policy forbids, and our pages do not scroll.
 */
export function Dialog({
  isOpen,
  onOpenChange,
  title,
  isBare = false,
  className,
  children,
}: DialogProps): ReactNode {
  const container = useFullScreenElement();
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <RadixDialog.Portal container={container}>
        <div className="fixed inset-0 z-40 bg-black/50" aria-hidden />
        <RadixDialog.Content
          aria-describedby={undefined}
          className={classNames(
            'appear fixed inset-x-4 top-[12vh] z-50 mx-auto flex max-h-[76vh] max-w-xl flex-col overflow-hidden rounded-[10px] border border-line bg-raised shadow-float focus:outline-none',
            className,
          )}
        >
          {isBare ? (
            <RadixDialog.Title className="sr-only">{title}</RadixDialog.Title>
          ) : (
            <div className="flex items-center justify-between gap-4 py-3 pr-3 pl-5">
              <RadixDialog.Title className="text-title font-semibold">{title}</RadixDialog.Title>
              <RadixDialog.Close
                aria-label={messages.close}
                className="inline-flex size-8 cursor-pointer items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10"
              >
                <X size={18} aria-hidden />
              </RadixDialog.Close>
            </div>
          )}
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
