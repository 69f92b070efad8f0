import { useQuery } from '@tanstack/react-query';
import type { CameraSetJson, GrantTarget } from '@vedette/contract';
import type { ReactNode } from 'react';
import { api } from '../../cameras/first-list.ts';
import { useCameras } from '../../cameras/use-cameras.ts';
import { setupMessages } from '../../messages/setup.ts';
import { SelectField } from '../../ui/field.tsx';

const words = setupMessages.grants;

/** Groups or zones, by id. */
export function useCameraSets(kind: 'groups' | 'zones'): readonly CameraSetJson[] {
  const { data = [] } = useQuery({
    queryKey: [kind],
    queryFn: async ({ signal }) => api.list<CameraSetJson>(`/api/v1/${kind}`, signal),
  });
  return data;
}

/** A target as the value of a list's entry. */
function keyOf(target: GrantTarget): string {
  return target.kind === 'all' ? 'all' : `${target.kind}:${target.id}`;
}

function targetOf(key: string): GrantTarget {
  const [kind, id = ''] = key.split(':');
  return kind === 'camera' || kind === 'group' || kind === 'zone' ? { kind, id } : { kind: 'all' };
}

/** What can be chosen of a kind; what was chosen stays, also where it is no more. */
function Choices({
  label,
  kind,
  items,
  chosen,
}: {
  readonly label: string;
  readonly kind: 'camera' | 'group' | 'zone';
  readonly items: readonly { readonly id: string; readonly name: string }[];
  readonly chosen: GrantTarget;
}): ReactNode {
  const isGone = chosen.kind === kind && !items.some(({ id }) => id === chosen.id);
  if (items.length === 0 && !isGone) return null;
  return (
    <optgroup label={label}>
      {items.map(({ id, name }) => (
        <option key={id} value={`${kind}:${id}`}>
          {name}
        </option>
      ))}
      {isGone && <option value={keyOf(chosen)}>{chosen.id}</option>}
    </optgroup>
  );
}

export interface TargetFieldProps {
  readonly target: GrantTarget;
  readonly onChange: (target: GrantTarget) => void;
}

/** Which cameras: all, those of a group or a zone, or one. */
export function TargetField({ target, onChange }: TargetFieldProps): ReactNode {
  const { data: cameras = [] } = useCameras((all) => all);
  const groups = useCameraSets('groups');
  const zones = useCameraSets('zones');
  return (
    <SelectField
      label={words.target}
      className="flex-1"
      value={keyOf(target)}
      onChange={(event) => onChange(targetOf(event.target.value))}
    >
      <option value="all">{words.all}</option>
      <Choices label={words.groups} kind="group" items={groups} chosen={target} />
      <Choices label={words.zones} kind="zone" items={zones} chosen={target} />
      <Choices label={words.cameras} kind="camera" items={cameras} chosen={target} />
    </SelectField>
  );
}
