import type { ReactNode } from 'react';
import { setupMessages } from '../messages/setup.ts';
import { TextField } from '../ui/field.tsx';
import { isId } from '../ui/proposed-id.ts';

const words = setupMessages.ids;

function faultOfTyped(id: string, taken: readonly string[]): string | undefined {
  if (taken.includes(id)) return words.taken;
  return isId(id) ? undefined : words.wrong;
}

/** The id of something new: what its name proposes, until somebody types another. */
export function IdField({
  id,
  isTyped,
  taken,
  hint,
  error,
  onType,
}: {
  readonly id: string;
  /** Else it is what the name proposes. */
  readonly isTyped: boolean;
  readonly taken: readonly string[];
  readonly hint: string;
  /** What the gateway found wrong with it. */
  readonly error: string | undefined;
  /** `null`: it was emptied, and is what the name proposes again. */
  readonly onType: (typed: string | null) => void;
}): ReactNode {
  return (
    <TextField
      label={words.label}
      hint={hint}
      error={(isTyped ? faultOfTyped(id, taken) : undefined) ?? error}
      value={id}
      maxLength={64}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
      onChange={(event) => onType(event.target.value === '' ? null : event.target.value)}
    />
  );
}
