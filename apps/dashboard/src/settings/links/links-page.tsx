import type { ReactNode } from 'react';
import { messages } from '../../messages/index.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';

export function LinksPage(): ReactNode {
  useTitle(messages.settings.places.links);
  return <PageHeader title={messages.settings.places.links} />;
}
