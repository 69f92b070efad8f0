import type { CameraSetJson, Permission } from '@vedette/contract';
import { CircleCheck, Clock } from 'lucide-react';
import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { useCameraSets } from '../grants/target-field.tsx';
import { hoursWords } from './hours-words.ts';

const words = setupMessages.permissions;

/** Several of the same reason and the same hours are one line. */
function linesOf(permissions: readonly Permission[]): readonly (readonly [Permission, ...Permission[]])[] {
  const lines = new Map<string, [Permission, ...Permission[]]>();
  for (const permission of permissions) {
    const key = JSON.stringify([permission.through, permission.hours, permission.isNow]);
    const line = lines.get(key);
    if (line === undefined) lines.set(key, [permission]);
    else line.push(permission);
  }
  return [...lines.values()];
}

function throughWords(
  through: Permission['through'],
  role: string,
  sets: Readonly<Record<'group' | 'zone', readonly CameraSetJson[]>>,
): string {
  switch (through.kind) {
    case 'role':
      return words.through.role(role);
    case 'all':
      return words.through.all;
    case 'camera':
      return words.through.camera;
    case 'group':
    case 'zone': {
      const { kind, id } = through;
      return words.through[kind](sets[kind].find((set) => set.id === id)?.name ?? id);
    }
  }
}

export interface PermissionListProps {
  readonly permissions: readonly Permission[];
  /** What the person's role is called. */
  readonly role: string;
  readonly isDisabled: boolean;
}

/** What somebody may do, why, and when. */
export function PermissionList({ permissions, role, isDisabled }: PermissionListProps): ReactNode {
  const sets = { group: useCameraSets('groups'), zone: useCameraSets('zones') };
  return (
    <ul className="flex flex-col gap-1.5">
      {linesOf(permissions).map((line) => {
        const [{ through, hours, isNow }] = line;
        const Icon = isNow ? CircleCheck : Clock;
        const now = isNow ? words.now : isDisabled ? words.notDisabled : words.notNow;
        const actions = line.map(({ action }) => setupMessages.grants.actionNames[action]).join(', ');
        return (
          <li key={JSON.stringify([through, hours])} className="flex items-start gap-2">
            <Icon
              size={14}
              aria-label={now}
              className={isNow ? 'mt-1 shrink-0 text-ok' : 'mt-1 shrink-0 text-warn'}
            />
            <span className="min-w-0">
              {actions}
              <span className="block text-small text-muted">
                {[
                  throughWords(through, role, sets),
                  ...(hours === null ? [] : [hoursWords(hours)]),
                  ...(isNow ? [] : [now]),
                ].join(' · ')}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
