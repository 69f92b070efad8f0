import { Check, Copy } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { Button, IconButton } from './button.tsx';

const SHOWN_MS = 1500;

type Outcome = 'none' | 'done' | 'failed';

function useCopy(text: string): { outcome: Outcome; copy: () => void } {
  const [outcome, setOutcome] = useState<Outcome>('none');
  useEffect(() => {
    if (outcome === 'none') return undefined;
    const timer = setTimeout(() => setOutcome('none'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome('done'),
      () => setOutcome('failed'),
    );
  };
  return { outcome, copy };
}

export interface CopyButtonProps {
  readonly text: string;
  readonly label: string;
  readonly look?: 'plain' | 'primary';
}

const OUTCOMES = { done: messages.copy.done, failed: messages.copy.failed } as const;

/** A button with words that copies `text` and says so. */
export function CopyButton({ text, label, look = 'plain' }: CopyButtonProps): ReactNode {
  const { outcome, copy } = useCopy(text);
  return (
    <Button look={look} onClick={copy}>
      {outcome === 'done' ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      <span aria-live="polite">{outcome === 'none' ? label : OUTCOMES[outcome]}</span>
    </Button>
  );
}

/** The same without words, at the end of what it copies. */
export function CopyIconButton({ text, label }: CopyButtonProps): ReactNode {
  const { outcome, copy } = useCopy(text);
  return (
    <IconButton
      icon={outcome === 'done' ? Check : Copy}
      label={outcome === 'none' ? label : OUTCOMES[outcome]}
      onClick={copy}
    />
  );
}
