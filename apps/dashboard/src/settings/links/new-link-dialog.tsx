import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { CreatedShareLink, NewShareLink } from '@vedette/contract';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { api } from '../../cameras/first-list.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { SecretOnce } from '../../ui/secret-once.tsx';
import { CameraField } from './camera-field.tsx';
import { LINKS_QUERY } from './links-queries.ts';

const words = setupMessages.links;

/** How long, in minutes. */
const LENGTHS = [60, 240, 1440, 10_080, 43_200] as const;

interface LinkFormProps {
  /** Chosen to begin with; empty: none. */
  readonly firstCameraId: string;
  readonly onMade: (made: CreatedShareLink) => void;
}

function LinkForm({ firstCameraId, onMade }: LinkFormProps): ReactNode {
  const client = useQueryClient();
  const [cameraId, setCameraId] = useState(firstCameraId);
  const [name, setName] = useState('');
  const [minutes, setMinutes] = useState(1440);
  const [password, setPassword] = useState('');
  const { mutate, isPending, error } = useMutation({
    mutationFn: async (link: NewShareLink) => api.send<CreatedShareLink>('POST', '/api/v1/share-links', link),
    onSuccess: async (made) => {
      onMade(made);
      await client.invalidateQueries({ queryKey: LINKS_QUERY });
    },
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate({ cameraId, name, minutes, ...(password === '' ? {} : { password }) });
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-col gap-4 overflow-auto px-5 pb-5">
      <CameraField value={cameraId} onChange={setCameraId} />
      <TextField
        label={words.name}
        hint={words.nameHint}
        value={name}
        maxLength={100}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField
        label={words.length}
        value={minutes}
        onChange={(event) => setMinutes(Number(event.target.value))}
      >
        {LENGTHS.map((length) => (
          <option key={length} value={length}>
            {words.lengths[length]}
          </option>
        ))}
      </SelectField>
      <TextField
        label={words.password}
        hint={words.passwordHint}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="off"
        minLength={6}
        maxLength={256}
      />
      <Complaint error={error} />
      <div>
        <Button type="submit" look="primary" disabled={isPending || cameraId === ''}>
          {words.addLink}
        </Button>
      </div>
    </form>
  );
}

/** Makes a share link, and shows it the one time that it is told. */
export function NewLinkDialog({
  cameraId = '',
  onClose,
}: {
  /** Chosen to begin with; none where absent. */
  readonly cameraId?: string;
  readonly onClose: () => void;
}): ReactNode {
  const [made, setMade] = useState<CreatedShareLink | null>(null);
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={words.addLink}>
      {made === null ? (
        <LinkForm firstCameraId={cameraId} onMade={setMade} />
      ) : (
        <div className="flex flex-col gap-4 px-5 pb-5">
          <SecretOnce label={words.link} secret={new URL(made.url, location.href).href} />
          <div className="flex justify-end">
            <Button onClick={onClose}>{messages.done}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
