import * as RadixMenu from '@radix-ui/react-dropdown-menu';
import { Ellipsis, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { useFullScreenElement } from './full-screen.ts';

export interface MenuAction {
  readonly label: string;
  readonly icon: LucideIcon;
  /** What can't be taken back. */
  readonly isDanger?: boolean;
  readonly onSelect: () => void;
}

/** What can be done with one entry of a list, behind one button at its end. Not modal: see {@link ChoiceMenu}. */
export function ActionMenu({
  label,
  actions,
}: {
  readonly label: string;
  readonly actions: readonly MenuAction[];
}): ReactNode {
  const container = useFullScreenElement();
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger
        aria-label={label}
        className="inline-flex size-8 cursor-pointer items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text data-[state=open]:bg-hover pointer-coarse:size-10"
      >
        <Ellipsis size={18} strokeWidth={1.75} aria-hidden />
      </RadixMenu.Trigger>
      <RadixMenu.Portal container={container}>
        <RadixMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="appear z-50 min-w-44 rounded-md border border-line bg-raised p-1 shadow-float"
        >
          {actions.map(({ label: name, icon: Icon, isDanger = false, onSelect }) => (
            <RadixMenu.Item
              key={name}
              onSelect={onSelect}
              className={classNames(
                'flex cursor-pointer items-center gap-2.5 rounded px-2 py-1.5 outline-none data-highlighted:bg-hover pointer-coarse:py-2.5',
                isDanger && 'text-bad',
              )}
            >
              <Icon size={16} strokeWidth={1.75} aria-hidden />
              {name}
            </RadixMenu.Item>
          ))}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}
