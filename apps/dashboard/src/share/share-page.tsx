import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { useTitle } from '../ui/use-title.ts';

export function SharePage(): ReactNode {
  useTitle(messages.share.title);
  return <PageHeader title={messages.share.title} />;
}
