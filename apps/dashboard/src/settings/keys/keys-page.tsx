import type { ReactNode } from 'react';
import { messages } from '../../messages/index.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';

export function KeysPage(): ReactNode {
  useTitle(messages.settings.places.keys);
  return <PageHeader title={messages.settings.places.keys} />;
}
