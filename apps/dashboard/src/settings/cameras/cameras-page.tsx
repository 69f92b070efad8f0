import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Camera } from '@vedette/contract';
import { Cctv, Plus, Unplug } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { removeCamera, useCameras } from '../../cameras/use-cameras.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { useTitle } from '../../ui/use-title.ts';
import { DeleteDialog } from '../delete-dialog.tsx';
import { AddCameraDialog } from './add-camera-dialog.tsx';
import { CameraDialog } from './camera-dialog.tsx';
import { CameraTable, type CameraDeed } from './camera-table.tsx';
import { PublishKeys } from './publish-keys.tsx';

const words = setupMessages.cameras;

/** Whether a camera is meant by what somebody searches for. */
function matches({ id, name, source, groups, zones }: Camera, wanted: string): boolean {
  const text = wanted.trim().toLocaleLowerCase();
  return [id, name, source, ...groups, ...zones].some((part) => part.toLocaleLowerCase().includes(text));
}

interface Doing {
  readonly deed: CameraDeed;
  readonly camera: Camera;
}

function DeedDialog({
  doing: { deed, camera },
  onClose,
}: {
  readonly doing: Doing;
  readonly onClose: () => void;
}): ReactNode {
  switch (deed) {
    case 'edit':
      return <CameraDialog camera={camera} onClose={onClose} />;
    case 'remove':
      return (
        <DeleteDialog
          path={`/api/v1/cameras/${camera.id}`}
          title={words.removeOf(camera.name)}
          text={words.removeText}
          action={words.remove}
          forget={(client) => removeCamera(client, camera.id)}
          onClose={onClose}
        />
      );
    case 'keys':
      return (
        <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={words.keys.title(camera.name)}>
          <PublishKeys cameraId={camera.id} />
        </Dialog>
      );
  }
}

function List({
  wanted,
  add,
  onDo,
}: {
  readonly wanted: string;
  readonly add: ReactNode;
  readonly onDo: (deed: CameraDeed, camera: Camera) => void;
}): ReactNode {
  const { data, isFailed } = useCameras((cameras) => cameras);
  if (data === undefined) {
    if (isFailed) {
      const { failed, failedHint } = messages.gateway;
      return <EmptyState icon={Unplug} title={failed} text={failedHint} />;
    }
    return (
      <p role="status" className="p-4 text-muted md:pl-2">
        {messages.loading}
      </p>
    );
  }
  if (data.length === 0) {
    return (
      <EmptyState icon={Cctv} title={words.empty} text={words.emptyText}>
        {add}
      </EmptyState>
    );
  }
  const found = data.filter((camera) => matches(camera, wanted));
  if (found.length === 0) return <p className="p-4 text-muted md:pl-2">{words.nothing}</p>;
  return <CameraTable cameras={found} onDo={onDo} />;
}

/** All cameras that there are, and the way to further ones. */
export function CamerasPage(): ReactNode {
  useTitle(messages.settingsPlaces.cameras);
  const { add: isAdding } = useSearch({ from: '/settings/cameras' });
  const navigate = useNavigate({ from: '/settings/cameras' });
  const { data: count = 0 } = useCameras((cameras) => cameras.length);
  const [wanted, setWanted] = useState('');
  const [doing, setDoing] = useState<Doing | null>(null);
  const add = (
    <Button look="primary" onClick={() => void navigate({ search: { add: 1 } })}>
      <Plus size={16} aria-hidden />
      {words.add}
    </Button>
  );
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title={messages.settingsPlaces.cameras}>
        {count > 0 && <SearchField label={words.search} value={wanted} onChange={setWanted} />}
        {count > 0 && add}
      </PageHeader>
      <List wanted={wanted} add={add} onDo={(deed, camera) => setDoing({ deed, camera })} />
      {isAdding === 1 && <AddCameraDialog onClose={() => void navigate({ search: {}, replace: true })} />}
      {doing !== null && <DeedDialog doing={doing} onClose={() => setDoing(null)} />}
    </div>
  );
}
