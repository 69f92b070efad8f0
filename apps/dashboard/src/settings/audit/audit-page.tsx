import type { ReactNode } from 'react';
import { messages } from '../../messages/index.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';

export function AuditPage(): ReactNode {
  useTitle(messages.settings.places.audit);
  return <PageHeader title={messages.settings.places.audit} />;
}
