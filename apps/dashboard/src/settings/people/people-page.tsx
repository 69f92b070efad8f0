import { useQuery } from '@tanstack/react-query';
import type { User } from '@vedette/contract';
import {
  Ban,
  CircleCheck,
  CircleSlash,
  FileDown,
  KeyRound,
  LogOut,
  Pencil,
  Plus,
  ShieldOff,
  Trash2,
  TriangleAlert,
  Users,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useAccount } from '../../account/use-account.ts';
import { api } from '../../cameras/first-list.ts';
import { formatMoment } from '../../format/format.ts';
import { messages } from '../../messages/index.ts';
import { setupMessages } from '../../messages/setup.ts';
import { ActionMenu, type MenuAction } from '../../ui/action-menu.tsx';
import { Button } from '../../ui/button.tsx';
import { ACTIONS_CELL, CELL, DataTable, ROW } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ListPage } from '../../ui/list-page.tsx';
import { useClock } from '../../viewer/use-clock.ts';
import { PersonDeedDialog, type PersonDeed } from './person-deeds.tsx';
import { PersonDialog } from './person-dialog.tsx';
import { PEOPLE_QUERY } from './use-refresh-people.ts';

const words = setupMessages.people;

/** Whether they can log in, in words and an icon. */
function State({ user: { disabled, mustChangePassword, hasPassword } }: { readonly user: User }): ReactNode {
  const [Icon, look, text] = disabled
    ? ([CircleSlash, 'text-bad', words.states.disabled] as const)
    : mustChangePassword
      ? ([TriangleAlert, 'text-warn', words.states.mustChange] as const)
      : ([CircleCheck, 'text-ok', hasPassword ? words.states.active : words.states.singleSignOn] as const);
  return (
    <span className="flex items-center gap-1.5">
      <Icon size={14} aria-hidden className={look} />
      {text}
    </span>
  );
}

function actionsFor(user: User, onDo: (deed: PersonDeed) => void): readonly MenuAction[] {
  const { disabled, hasTotp } = user;
  return [
    { label: words.edit, icon: Pencil, onSelect: () => onDo('edit') },
    { label: words.password, icon: KeyRound, onSelect: () => onDo('password') },
    { label: words.logout, icon: LogOut, onSelect: () => onDo('logout') },
    ...(hasTotp ? [{ label: words.resetTotp, icon: ShieldOff, onSelect: () => onDo('resetTotp') }] : []),
    disabled
      ? { label: words.enable, icon: CircleCheck, onSelect: () => onDo('enable') }
      : { label: words.disable, icon: Ban, onSelect: () => onDo('disable') },
    { label: words.data, icon: FileDown, onSelect: () => onDo('data') },
    { label: words.remove, icon: Trash2, isDanger: true, onSelect: () => onDo('remove') },
  ];
}

function Row({
  user,
  nowMs,
  onDo,
}: {
  readonly user: User;
  readonly nowMs: number;
  readonly onDo: (deed: PersonDeed) => void;
}): ReactNode {
  const { name, displayName, role, hasTotp, lastLoginAt } = user;
  return (
    <tr className={ROW}>
      <td className={CELL}>
        <button
          type="button"
          className="cursor-pointer text-left font-medium hover:underline"
          onClick={() => onDo('edit')}
        >
          {displayName}
        </button>
        <div className="text-small text-muted">{name}</div>
      </td>
      <td className={CELL}>{words.roleNames[role]}</td>
      <td className={CELL}>
        <State user={user} />
      </td>
      <td className={CELL}>{hasTotp ? words.factors.on : words.factors.off}</td>
      <td className={CELL}>
        {lastLoginAt === null ? words.never : formatMoment(Date.parse(lastLoginAt), nowMs)}
      </td>
      <td className={ACTIONS_CELL}>
        <ActionMenu label={words.actionsOf(displayName)} actions={actionsFor(user, onDo)} />
      </td>
    </tr>
  );
}

interface Doing {
  readonly deed: PersonDeed;
  readonly user: User;
}

const HEADINGS = [words.name, words.role, words.state, words.secondFactor, words.lastLogin, ''];

/** Everyone who may log in, and what is done for or against them. */
export function PeoplePage(): ReactNode {
  const [isAdding, setAdding] = useState(false);
  const [doing, setDoing] = useState<Doing | null>(null);
  const { wallMs } = useClock(false);
  const isOpen = useAccount()?.kind === 'everybody';
  const query = useQuery({
    queryKey: PEOPLE_QUERY,
    queryFn: async ({ signal }) => api.list<User>('/api/v1/users', signal),
    retry: false,
  });
  const add = (
    <Button look="primary" onClick={() => setAdding(true)}>
      <Plus size={16} aria-hidden />
      {words.add}
    </Button>
  );
  return (
    <>
      <ListPage
        title={messages.settingsPlaces.people}
        query={query}
        actions={query.data?.length === 0 ? undefined : add}
        empty={
          <EmptyState icon={Users} title={words.empty} text={isOpen ? words.openMode : words.emptyText}>
            {add}
          </EmptyState>
        }
      >
        {(people) => (
          <>
            {isOpen && <p className="px-4 pb-2 text-small text-muted md:pl-2">{words.openMode}</p>}
            <DataTable label={messages.settingsPlaces.people} headings={HEADINGS}>
              {people.map((user) => (
                <Row key={user.id} user={user} nowMs={wallMs} onDo={(deed) => setDoing({ deed, user })} />
              ))}
            </DataTable>
          </>
        )}
      </ListPage>
      {isAdding && <PersonDialog onClose={() => setAdding(false)} />}
      {doing !== null && (
        <PersonDeedDialog deed={doing.deed} user={doing.user} onClose={() => setDoing(null)} />
      )}
    </>
  );
}
