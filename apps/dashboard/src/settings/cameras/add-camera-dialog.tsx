import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Camera } from '@vedette/contract';
import { useState, type ReactNode } from 'react';
import { refreshAccount } from '../../account/use-account.ts';
import { api } from '../../cameras/first-list.ts';
import { upsertCamera } from '../../cameras/use-cameras.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CameraViewer } from '../../viewer/camera-viewer.tsx';
import { NEW_DRAFT, newCameraOf, type CameraDraft } from './camera-draft.ts';
import { CameraForm } from './camera-form.tsx';
import { MakePublishKey } from './publish-keys.tsx';

const words = setupMessages.cameras;

/** What it looks like, now that it is there; for one that is sent here, how to send it. */
function AddedCamera({
  camera: { id, source },
  onAnother,
  onClose,
}: {
  readonly camera: Camera;
  readonly onAnother: () => void;
  readonly onClose: () => void;
}): ReactNode {
  const isPublished = source === 'publish';
  return (
    <div className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <p className="text-muted">{isPublished ? words.addedPublish : words.addedText}</p>
      <div className="aspect-video w-full shrink-0 overflow-hidden rounded-md">
        <CameraViewer key={id} cameraId={id} look="tile" />
      </div>
      {isPublished && <MakePublishKey cameraId={id} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onAnother}>{words.another}</Button>
        <Button look={isPublished ? 'plain' : 'primary'} onClick={onClose}>
          {messages.done}
        </Button>
      </div>
    </div>
  );
}

function NewCameraForm({ onAdded }: { readonly onAdded: (camera: Camera) => void }): ReactNode {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async ({ draft, id }: { draft: CameraDraft; id: string }) =>
      api.send<Camera>('POST', '/api/v1/cameras', newCameraOf(draft, id)),
    onSuccess: async (camera) => {
      // The event socket says it too, but maybe a moment later than the picture is asked for.
      upsertCamera(client, camera);
      onAdded(camera);
      await refreshAccount(client);
    },
  });
  return (
    <CameraForm
      initial={NEW_DRAFT}
      isSaving={isPending}
      error={error}
      onSave={(draft, id) => mutate({ draft, id })}
    />
  );
}

/** From nothing to a live picture: the address, a look at what it sends, a name. */
export function AddCameraDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [added, setAdded] = useState<Camera | null>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={added === null ? words.add : words.added(added.name)}
      className="top-[6vh] max-h-[88vh]"
    >
      {added === null ? (
        <NewCameraForm onAdded={setAdded} />
      ) : (
        <AddedCamera camera={added} onAnother={() => setAdded(null)} onClose={onClose} />
      )}
    </Dialog>
  );
}
