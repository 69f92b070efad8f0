import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { CopyButton } from './copy-button.tsx';

/** Something secret that is told this one time. */
export function SecretOnce({
  label,
  secret,
}: {
  readonly label: string;
  readonly secret: string;
}): ReactNode {
  return (
    <div className="flex flex-col gap-2 rounded-md border border-line p-3" role="status">
      <div className="text-small font-medium">{label}</div>
      <code className="font-mono text-small break-all">{secret}</code>
      <p className="text-small text-warn">{messages.secretOnce}</p>
      <div>
        <CopyButton text={secret} label={messages.copy.do} look="primary" />
      </div>
    </div>
  );
}
