import * as RadixMenu from '@radix-ui/react-dropdown-menu';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useFullScreenElement } from './full-screen.ts';

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly hint?: string;
}

export interface ChoiceMenuProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onChoose: (value: Value) => void;
  readonly side?: 'top' | 'right' | 'bottom';
  /** The button that opens it. */
  readonly children: ReactNode;
}

/**
 * One of several, from a button. Not modal: a modal menu writes a style sheet into the page, which
 * the content security policy forbids.
 */
export function ChoiceMenu<Value extends string>({
  label,
  value,
  choices,
  onChoose,
  side = 'top',
  children,
}: ChoiceMenuProps<Value>): ReactNode {
  const container = useFullScreenElement();
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{children}</RadixMenu.Trigger>
      <RadixMenu.Portal container={container}>
        <RadixMenu.Content
          side={side}
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className="appear z-50 min-w-52 rounded-md border border-line bg-raised p-1 shadow-float"
          onKeyDown={(event) => event.stopPropagation()}
        >
          <RadixMenu.Label className="px-2 py-1 text-small text-muted">{label}</RadixMenu.Label>
          <RadixMenu.RadioGroup value={value}>
            {choices.map((choice) => (
              <RadixMenu.RadioItem
                key={choice.value}
                value={choice.value}
                onSelect={() => onChoose(choice.value)}
                className="flex cursor-pointer items-center gap-3 rounded px-2 py-1.5 outline-none data-highlighted:bg-hover pointer-coarse:py-2.5"
              >
                <span className="flex-1">{choice.label}</span>
                {choice.hint !== undefined && <span className="text-small text-muted">{choice.hint}</span>}
                <span className="size-4">
                  <RadixMenu.ItemIndicator>
                    <Check size={16} className="text-accent" aria-hidden />
                  </RadixMenu.ItemIndicator>
                </span>
              </RadixMenu.RadioItem>
            ))}
          </RadixMenu.RadioGroup>
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}
