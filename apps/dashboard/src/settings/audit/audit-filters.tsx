import { AUDIT_RESULTS, type AuditFilter } from '@vedette/contract';
import { ListFilter } from 'lucide-react';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { SelectField, TextField } from '../../ui/field.tsx';

const words = setupMessages.audit;
const TEXTS = ['actor', 'action', 'camera', 'address'] as const;
const MOMENTS = ['from', 'to'] as const;

/** What is typed in; empty where nothing is asked for. */
type Draft = Readonly<Record<(typeof TEXTS)[number] | (typeof MOMENTS)[number] | 'result', string>>;

const NOTHING: Draft = { actor: '', action: '', camera: '', address: '', from: '', to: '', result: '' };

function filterOf({ from, to, result, ...texts }: Draft): AuditFilter {
  const set = Object.entries(texts).filter(([, text]) => text.trim() !== '');
  const known = AUDIT_RESULTS.find((candidate) => candidate === result);
  return {
    ...Object.fromEntries(set.map(([name, text]) => [name, text.trim()])),
    // The fields hold the person's own time; the gateway is told UTC.
    ...(from === '' ? {} : { from: new Date(from).toISOString() }),
    ...(to === '' ? {} : { to: new Date(to).toISOString() }),
    ...(known === undefined ? {} : { result: known }),
  };
}

function ResultField({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode {
  return (
    <SelectField
      label={words.filters.result}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{words.anyResult}</option>
      {AUDIT_RESULTS.map((result) => (
        <option key={result} value={result}>
          {words.results[result]}
        </option>
      ))}
    </SelectField>
  );
}

/** @param onClear takes the filter away; there is none where absent. */
function Buttons({ onClear }: { readonly onClear: (() => void) | undefined }): ReactNode {
  return (
    <div className="flex gap-2">
      <Button type="submit" look="primary" className="h-9">
        {words.show}
      </Button>
      {onClear !== undefined && (
        <Button className="h-9" onClick={onClear}>
          {words.clear}
        </Button>
      )}
    </div>
  );
}

export interface AuditFiltersProps {
  readonly filter: AuditFilter;
  readonly onChange: (filter: AuditFilter) => void;
}

/** Which entries to show: all that fit what is filled in. */
export function AuditFilters({ filter, onChange }: AuditFiltersProps): ReactNode {
  const [draft, setDraft] = useState(NOTHING);
  const [isOpen, setOpen] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onChange(filterOf(draft));
  };
  const clear = (): void => {
    setDraft(NOTHING);
    onChange({});
  };
  return (
    <>
      <div className="shrink-0 px-4 pb-3 sm:hidden">
        {/* On phones they would leave no room for what they find. */}
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <ListFilter size={16} aria-hidden />
          {words.filter}
        </Button>
      </div>
      <form
        onSubmit={submit}
        role="search"
        className={classNames(
          'shrink-0 grid-cols-2 items-end gap-2 px-4 pb-3 sm:grid sm:grid-cols-4 md:pl-2 xl:grid-cols-8',
          isOpen ? 'grid' : 'hidden',
        )}
      >
        {MOMENTS.map((name) => (
          <TextField
            key={name}
            label={words.filters[name]}
            type="datetime-local"
            value={draft[name]}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
        ))}
        {TEXTS.map((name) => (
          <TextField
            key={name}
            label={words.filters[name]}
            placeholder={words.placeholders[name]}
            value={draft[name]}
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
          />
        ))}
        <ResultField value={draft.result} onChange={(result) => setDraft({ ...draft, result })} />
        <Buttons onClear={Object.keys(filter).length > 0 ? clear : undefined} />
      </form>
    </>
  );
}
