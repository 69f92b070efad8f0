import type { ReactNode } from 'react';
import { messages } from '../messages/index.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { useTitle } from '../ui/use-title.ts';

export function AccountPage(): ReactNode {
  useTitle(messages.account.title);
  return <PageHeader title={messages.account.title} />;
}
