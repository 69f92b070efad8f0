import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { NEW_RENDITION, type CameraDraft, type RenditionDraft } from './camera-draft.ts';

const words = setupMessages.cameras.form;
const MOST = 8;

function OneRendition({
  rendition,
  onChange,
  onRemove,
}: {
  readonly rendition: RenditionDraft;
  readonly onChange: (rendition: RenditionDraft) => void;
  readonly onRemove: () => void;
}): ReactNode {
  return (
    <li className="flex items-start gap-2">
      <div className="grid flex-1 grid-cols-2 gap-2 sm:grid-cols-3">
        <TextField
          label={words.height}
          type="number"
          min={64}
          max={4320}
          required
          value={rendition.height}
          onChange={(event) => onChange({ ...rendition, height: event.target.value })}
        />
        <TextField
          label={words.bitrate}
          type="number"
          min={50}
          max={100_000}
          required
          value={rendition.bitrate}
          onChange={(event) => onChange({ ...rendition, bitrate: event.target.value })}
        />
        <TextField
          label={words.frameRate}
          hint={words.frameRateHint}
          type="number"
          step="any"
          min={1}
          max={120}
          value={rendition.frameRate}
          onChange={(event) => onChange({ ...rendition, frameRate: event.target.value })}
        />
      </div>
      <IconButton icon={X} label={words.removeRendition} className="mt-6" onClick={onRemove} />
    </li>
  );
}

/** Which smaller versions are made of what the camera sends. */
export function RenditionFields({
  draft: { renditionsHow, renditions },
  error,
  onChange,
}: {
  readonly draft: CameraDraft;
  readonly error: string | undefined;
  readonly onChange: (change: Partial<CameraDraft>) => void;
}): ReactNode {
  const hows = Object.entries(words.renditionsHow) as [CameraDraft['renditionsHow'], string][];
  const choose = (how: CameraDraft['renditionsHow']): void =>
    onChange({
      renditionsHow: how,
      ...(how === 'own' && renditions.length === 0 ? { renditions: [NEW_RENDITION] } : {}),
    });
  return (
    <div className="flex flex-col gap-2">
      <SelectField
        label={words.renditions}
        error={error}
        value={renditionsHow}
        onChange={(event) => choose(event.target.value as CameraDraft['renditionsHow'])}
      >
        {hows.map(([how, name]) => (
          <option key={how} value={how}>
            {name}
          </option>
        ))}
      </SelectField>
      {renditionsHow === 'own' && (
        <>
          <ul className="flex flex-col gap-3">
            {renditions.map((rendition, index) => (
              <OneRendition
                // They have no names; they are only changed in place, added at the end and taken out.
                key={`${index}/${renditions.length}`}
                rendition={rendition}
                onChange={(changed) => onChange({ renditions: renditions.with(index, changed) })}
                onRemove={() => onChange({ renditions: renditions.toSpliced(index, 1) })}
              />
            ))}
          </ul>
          <div>
            <Button
              disabled={renditions.length >= MOST}
              onClick={() => onChange({ renditions: [...renditions, NEW_RENDITION] })}
            >
              <Plus size={16} aria-hidden />
              {words.addRendition}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
