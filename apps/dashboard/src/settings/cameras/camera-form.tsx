import { useState, type ReactNode, type SubmitEvent } from 'react';
import { useCameras } from '../../cameras/use-cameras.ts';
import { setupMessages } from '../../messages/setup.ts';
import { Button } from '../../ui/button.tsx';
import { Complaint } from '../../ui/complaint.tsx';
import { TextField } from '../../ui/field.tsx';
import { faultBeside, faultOf } from '../../ui/field-fault.ts';
import { proposedId } from '../../ui/proposed-id.ts';
import { IdField } from '../id-field.tsx';
import { AdvancedFields } from './advanced-fields.tsx';
import { sourceOf, type CameraDraft } from './camera-draft.ts';
import { SourceFields } from './source-fields.tsx';
import { TestResult } from './test-result.tsx';
import { useSourceTest, type SourceTestState } from './use-source-test.ts';

const words = setupMessages.cameras;

/** Fields that say themselves what is wrong with them. */
const OWN_FAULTS = ['source', 'name', 'id', 'sources', 'tlsFingerprint', 'renditions'];

function NameFields({
  draft,
  isNew,
  id,
  error,
  onChange,
}: {
  readonly draft: CameraDraft;
  readonly isNew: boolean;
  readonly id: string;
  readonly error: Error | null;
  readonly onChange: (change: Partial<CameraDraft>) => void;
}): ReactNode {
  const { data: taken = [] } = useCameras((cameras) => cameras.map((camera) => camera.id));
  return (
    <div className={isNew ? 'grid gap-4 sm:grid-cols-2' : ''}>
      <TextField
        label={words.form.name}
        hint={words.form.nameHint}
        error={faultOf(error, 'name')}
        value={draft.name}
        maxLength={200}
        required={isNew}
        autoComplete="off"
        onChange={(event) => onChange({ name: event.target.value })}
      />
      {isNew && (
        <IdField
          id={id}
          isTyped={draft.id !== null}
          taken={taken}
          hint={words.form.idHint}
          error={faultOf(error, 'id')}
          onType={(typed) => onChange({ id: typed })}
        />
      )}
    </div>
  );
}

/** The look at the camera comes first; what may be saved without one is what is known already. */
function FormEnd({
  draft,
  isNew,
  isSaving,
  source: { isRunning, test, run },
}: {
  readonly draft: CameraDraft;
  readonly isNew: boolean;
  readonly isSaving: boolean;
  readonly source: SourceTestState;
}): ReactNode {
  const isSure = draft.isPublished || test?.ok === true || !isNew;
  const save = isNew ? words.form.add : words.form.save;
  return (
    <div className="flex shrink-0 flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
      {!draft.isPublished && (
        <Button
          look={isSure ? 'plain' : 'primary'}
          disabled={isRunning || sourceOf(draft) === ''}
          onClick={() => run(draft)}
        >
          {test === undefined ? words.test.do : words.test.again}
        </Button>
      )}
      <Button type="submit" look={isSure ? 'primary' : 'plain'} disabled={isSaving}>
        {isSaving ? words.form.saving : save}
      </Button>
    </div>
  );
}

export interface CameraFormProps {
  readonly initial: CameraDraft;
  /** The camera that is changed; a new one where absent. */
  readonly cameraId?: string;
  readonly hasSecrets?: boolean;
  readonly isSaving: boolean;
  readonly error: Error | null;
  readonly onSave: (draft: CameraDraft, id: string) => void;
}

/** A camera that is added or changed: looked at before it is saved. */
export function CameraForm(props: CameraFormProps): ReactNode {
  const { initial, cameraId, hasSecrets = false, isSaving, error, onSave } = props;
  const [draft, setDraft] = useState(initial);
  const { data: taken = [] } = useCameras((cameras) => cameras.map(({ id }) => id));
  const source = useSourceTest(draft, cameraId);
  const id = cameraId ?? draft.id ?? proposedId(draft.name, taken);
  const isNew = cameraId === undefined;
  const change = (part: Partial<CameraDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const trust = (tlsFingerprint: string): void => {
    change({ tlsFingerprint, tlsInsecure: false });
    source.run({ ...draft, tlsFingerprint, tlsInsecure: false });
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSave(draft, id);
  };
  const fault = error ?? source.error;
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-auto px-5 pb-4">
        <SourceFields
          draft={draft}
          isNew={isNew}
          hasSecrets={hasSecrets}
          error={faultOf(fault, 'source')}
          onChange={change}
        />
        <TestResult isRunning={source.isRunning} test={source.test} onTrust={trust} />
        <NameFields draft={draft} isNew={isNew} id={id} error={fault} onChange={change} />
        <AdvancedFields draft={draft} error={fault} onChange={change} />
        <Complaint error={faultBeside(fault, OWN_FAULTS)} />
      </div>
      <FormEnd draft={draft} isNew={isNew} isSaving={isSaving} source={source} />
    </form>
  );
}
