import type { Grant } from '@vedette/contract';
import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { CheckField } from '../../ui/field.tsx';
import { ActionChecks } from './action-checks.tsx';
import { HoursFields } from './hours-fields.tsx';
import { TargetField } from './target-field.tsx';

const words = setupMessages.grants;

const NEW_GRANT: Grant = { target: { kind: 'all' }, actions: ['view'] };

/** A day's work, where the person is: something to begin with. */
function usualHours(): NonNullable<Grant['hours']> {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return { from: '08:00', to: '18:00', timeZone };
}

function GrantFields({
  grant,
  onChange,
  onRemove,
}: {
  readonly grant: Grant;
  readonly onChange: (grant: Grant) => void;
  readonly onRemove: () => void;
}): ReactNode {
  const { target, actions, hours } = grant;
  return (
    <li className="flex flex-col gap-3 rounded-md border border-line p-3">
      <div className="flex items-end gap-2">
        <TargetField target={target} onChange={(changed) => onChange({ ...grant, target: changed })} />
        <IconButton icon={X} label={words.remove} onClick={onRemove} />
      </div>
      <ActionChecks actions={actions} onChange={(changed) => onChange({ ...grant, actions: changed })} />
      <CheckField
        label={words.onlyAt}
        checked={hours !== undefined}
        onChange={({ target: { checked } }) =>
          onChange(checked ? { ...grant, hours: usualHours() } : { target, actions })
        }
      />
      {hours !== undefined && (
        <HoursFields hours={hours} onChange={(changed) => onChange({ ...grant, hours: changed })} />
      )}
    </li>
  );
}

export interface GrantsEditorProps {
  readonly grants: readonly Grant[];
  readonly onChange: (grants: Grant[]) => void;
}

/** What somebody may do with which cameras. */
export function GrantsEditor({ grants, onChange }: GrantsEditorProps): ReactNode {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-small font-medium">{words.title}</legend>
      {grants.length === 0 && <p className="text-small text-muted">{words.none}</p>}
      <ul className="flex flex-col gap-2">
        {grants.map((grant, index) => (
          <GrantFields
            // They have no names; they are only changed in place, added at the end and taken out.
            key={`${index}/${grants.length}`}
            grant={grant}
            onChange={(changed) => onChange(grants.with(index, changed))}
            onRemove={() => onChange(grants.toSpliced(index, 1))}
          />
        ))}
      </ul>
      <div>
        <Button onClick={() => onChange([...grants, NEW_GRANT])}>
          <Plus size={16} aria-hidden />
          {words.add}
        </Button>
      </div>
    </fieldset>
  );
}
