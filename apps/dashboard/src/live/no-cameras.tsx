import { Cctv } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';

const words = messages.live.empty;

/** The first thing a newcomer without a camera sees. */
export function NoCameras(): ReactNode {
  return (
    <EmptyState icon={Cctv} title={words.title} text={words.text}>
      <pre
        tabIndex={0}
        aria-label="vedette.yml"
        className="max-w-full overflow-x-auto rounded-md border border-line bg-surface px-4 py-3 text-left font-mono text-small"
      >
        {words.example}
      </pre>
      <CopyButton look="primary" text={words.example} label={words.copy} />
    </EmptyState>
  );
}
