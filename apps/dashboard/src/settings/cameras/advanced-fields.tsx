import { type ReactNode, useState } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { CheckField, SelectField, TextField } from '../../ui/field.tsx';
import { faultOf, fieldFault } from '../../ui/field-fault.ts';
import type { CameraDraft } from './camera-draft.ts';
import { RenditionFields } from './rendition-fields.tsx';

const words = setupMessages.cameras.form;

/** Those that stand here: a fault of one of them opens this part. */
const FIELDS = ['transport', 'tlsFingerprint', 'tlsInsecure', 'sources', 'renditions'];

export interface AdvancedFieldsProps {
  readonly draft: CameraDraft;
  readonly error: Error | null;
  readonly onChange: (change: Partial<CameraDraft>) => void;
}

/** How Vedette connects to an address. */
function ConnectionFields({ draft, error, onChange }: AdvancedFieldsProps): ReactNode {
  const transports = Object.entries(words.transports) as [CameraDraft['transport'], string][];
  return (
    <>
      <TextField
        label={words.sub}
        hint={words.subHint}
        error={faultOf(error, 'sources')}
        value={draft.sub}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => onChange({ sub: event.target.value })}
      />
      <SelectField
        label={words.transport}
        value={draft.transport}
        onChange={(event) => onChange({ transport: event.target.value as CameraDraft['transport'] })}
      >
        {transports.map(([transport, name]) => (
          <option key={transport} value={transport}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        label={words.tlsFingerprint}
        hint={words.tlsFingerprintHint}
        error={faultOf(error, 'tlsFingerprint')}
        value={draft.tlsFingerprint}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange({ tlsFingerprint: event.target.value })}
      />
      <CheckField
        label={words.tlsInsecure}
        hint={words.tlsInsecureHint}
        checked={draft.tlsInsecure}
        onChange={(event) => onChange({ tlsInsecure: event.target.checked })}
      />
    </>
  );
}

/** What few cameras need. */
export function AdvancedFields({ draft, error, onChange }: AdvancedFieldsProps): ReactNode {
  const [isOpened, setOpened] = useState(false);
  const field = fieldFault(error)?.field.split('.')[0] ?? '';
  const isOpen = isOpened || FIELDS.includes(field);
  return (
    <details open={isOpen} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary className="cursor-pointer text-small font-medium">{words.advanced}</summary>
      <div className="mt-3 flex flex-col gap-4">
        {draft.isPublished ? (
          <CheckField
            label={words.overridePublisher}
            checked={draft.overridePublisher}
            onChange={(event) => onChange({ overridePublisher: event.target.checked })}
          />
        ) : (
          <>
            <CheckField
              label={words.onDemand}
              hint={words.onDemandHint}
              checked={draft.onDemand}
              onChange={(event) => onChange({ onDemand: event.target.checked })}
            />
            <ConnectionFields draft={draft} error={error} onChange={onChange} />
          </>
        )}
        <RenditionFields draft={draft} error={faultOf(error, 'renditions')} onChange={onChange} />
      </div>
    </details>
  );
}
