import { Link } from '@tanstack/react-router';
import { Compass, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { PRIMARY_LINK } from '../ui/link-looks.ts';

export function NotFoundPage(): ReactNode {
  const { title, text, action } = messages.notFound;
  return (
    <EmptyState icon={Compass} title={title} text={text}>
      <Link to="/" className={PRIMARY_LINK}>
        {action}
      </Link>
    </EmptyState>
  );
}

/** A defect of ours: say so, and offer the way on. */
export function CrashPage({ error }: { error: unknown }): ReactNode {
  return (
    <EmptyState
      icon={TriangleAlert}
      title={messages.crash.title}
      text={error instanceof Error ? error.message : String(error)}
    >
      <Button look="primary" onClick={() => location.reload()}>
        {messages.crash.action}
      </Button>
    </EmptyState>
  );
}
