import type { Camera, CameraSetJson } from '@vedette/contract';
import { useState, type ReactNode } from 'react';
import { useCameras } from '../../cameras/use-cameras.ts';
import { setupMessages } from '../../messages/setup.ts';
import { CheckField } from '../../ui/field.tsx';
import { SearchField } from '../../ui/search-field.tsx';

const words = setupMessages.sets;
/** From here on a list is easier searched than read. */
const MANY = 8;

export interface CameraChecksProps {
  /** As they are now: what the file says can't be changed here. */
  readonly members: CameraSetJson['cameras'];
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}

/** Which cameras are in a group or a zone. */
export function CameraChecks({ members, chosen, onChange }: CameraChecksProps): ReactNode {
  const { data: cameras = [] } = useCameras((all): readonly Pick<Camera, 'id' | 'name'>[] => all);
  const [wanted, setWanted] = useState('');
  const ofFile = new Set(members.filter(({ managedBy }) => managedBy === 'file').map(({ id }) => id));
  // Those that are no more can still be taken out.
  const gone = members.filter(({ id }) => !cameras.some((camera) => camera.id === id));
  const all = [...cameras, ...gone.map(({ id }) => ({ id, name: id }))];
  const text = wanted.trim().toLocaleLowerCase();
  const shown = all.filter(({ id, name }) => `${name} ${id}`.toLocaleLowerCase().includes(text));
  const toggle = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-small font-medium">{words.choose}</legend>
      {all.length > MANY && <SearchField label={words.search} value={wanted} onChange={setWanted} />}
      {all.length === 0 && <p className="text-muted">{words.nothingToChoose}</p>}
      <div className="grid gap-x-4 sm:grid-cols-2">
        {shown.map(({ id, name }) => (
          <CheckField
            key={id}
            label={name}
            {...(ofFile.has(id) ? { hint: words.byFile } : {})}
            checked={chosen.has(id)}
            disabled={ofFile.has(id)}
            onChange={() => toggle(id)}
          />
        ))}
      </div>
    </fieldset>
  );
}
