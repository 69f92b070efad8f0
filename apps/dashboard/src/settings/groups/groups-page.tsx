import type { ReactNode } from 'react';
import { messages } from '../../messages/index.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { SetSection } from './set-section.tsx';

/** What cameras are gathered in, so that permissions need not name them one by one. */
export function GroupsPage(): ReactNode {
  useTitle(messages.settingsPlaces.groups);
  return (
    <div className="h-full overflow-auto">
      <PageHeader title={messages.settingsPlaces.groups} />
      <div className="flex flex-col gap-8 pb-8">
        <SetSection kind="group" />
        <SetSection kind="zone" />
      </div>
    </div>
  );
}
