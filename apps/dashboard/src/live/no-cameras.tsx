import { Link } from '@tanstack/react-router';
import { Cctv, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../account/use-account.ts';
import { messages } from '../messages/index.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { PRIMARY_LINK } from '../ui/link-looks.ts';

const words = messages.live.empty;

/** The first thing a newcomer without a camera sees; the file is the second way for those who may add one here. */
export function NoCameras(): ReactNode {
  const mayAdd = useMay('configure');
  return (
    <EmptyState icon={Cctv} title={words.title} text={mayAdd ? words.mayAdd : words.text}>
      {mayAdd && (
        <>
          <Link to="/settings/cameras" search={{ add: 1 }} className={PRIMARY_LINK}>
            <Plus size={16} aria-hidden />
            {words.add}
          </Link>
          <p className="text-small text-muted">{words.orFile}</p>
        </>
      )}
      <pre
        tabIndex={0}
        aria-label="vedette.yml"
        className="max-w-full overflow-x-auto rounded-md border border-line bg-surface px-4 py-3 text-left font-mono text-small"
      >
        {words.example}
      </pre>
      <CopyButton look={mayAdd ? 'plain' : 'primary'} text={words.example} label={words.copy} />
    </EmptyState>
  );
}
