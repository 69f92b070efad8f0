import * as Tooltip from '@radix-ui/react-tooltip';
import type { ReactNode } from 'react';
import { useFullScreenElement } from './full-screen.ts';
import { Kbd } from './kbd.tsx';

export interface HintProps {
  readonly text: string;
  readonly shortcut?: string | undefined;
  readonly side?: 'top' | 'right' | 'bottom' | 'left' | undefined;
  readonly children: ReactNode;
}

/** Says what a button does, and the key that does the same. The button has the text as its own label too. */
export function Hint({ text, shortcut, side = 'top', children }: HintProps): ReactNode {
  const container = useFullScreenElement();
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal container={container}>
        <Tooltip.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 flex items-center gap-2 rounded-md border border-line bg-raised px-2 py-1 text-small text-text shadow-float"
        >
          {text}
          {shortcut !== undefined && <Kbd>{shortcut}</Kbd>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
