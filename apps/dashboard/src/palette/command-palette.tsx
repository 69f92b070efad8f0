import { Search } from 'lucide-react';
import { useId, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from 'react';
import { messages } from '../messages/index.ts';
import { classNames } from '../ui/class-names.ts';
import { Dialog } from '../ui/dialog.tsx';
import { find } from './search.ts';
import { useCommands, type Command } from './use-commands.ts';

const words = messages.palette;
const GROUPS = ['camera', 'page', 'action'] as const;
/** With nothing typed, forty cameras would push everything else out of sight. */
const UNFILTERED_CAMERAS = 6;

function shown(query: string, commands: readonly Command[]): Command[] {
  const found = find(query, commands);
  const isFiltered = query.trim() !== '';
  // A search puts the best first, whatever it is; without one the groups stand in their order.
  if (isFiltered) return found;
  return GROUPS.flatMap((group) =>
    found
      .filter((command) => command.group === group)
      .slice(0, group === 'camera' ? UNFILTERED_CAMERAS : undefined),
  );
}

interface OptionProps {
  readonly id: string;
  readonly command: Command;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function Option({ id, command, isActive, onPoint, onChoose }: OptionProps): ReactNode {
  const { icon: Icon, label, note, group } = command;
  return (
    <li
      id={id}
      role="option"
      aria-selected={isActive}
      onPointerMove={onPoint}
      onClick={onChoose}
      className={classNames(
        'flex h-10 cursor-pointer items-center gap-3 rounded-md px-3',
        isActive && 'bg-hover',
      )}
    >
      <Icon size={18} strokeWidth={1.75} className="shrink-0 text-muted" aria-hidden />
      <span className="min-w-0 flex-1 truncate">{label}</span>
      <span className="text-small text-muted">{note ?? words.groups[group]}</span>
    </li>
  );
}

interface QueryProps {
  readonly listId: string;
  /** Index of the option that Enter takes; -1 for none. */
  readonly current: number;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** The field keeps the focus; which option is meant is told by `aria-activedescendant`. */
function Query({ listId, current, query, onQuery, onKeyDown }: QueryProps): ReactNode {
  return (
    <input
      autoFocus
      role="combobox"
      aria-label={words.label}
      aria-expanded
      aria-controls={listId}
      aria-activedescendant={current >= 0 ? `${listId}-${current}` : undefined}
      autoComplete="off"
      spellCheck={false}
      placeholder={words.placeholder}
      value={query}
      onChange={({ target }) => onQuery(target.value)}
      onKeyDown={onKeyDown}
      className="h-12 min-w-0 flex-1 bg-transparent text-title outline-none placeholder:text-muted"
    />
  );
}

interface ResultsProps {
  readonly ref: Ref<HTMLUListElement>;
  readonly listId: string;
  readonly commands: readonly Command[];
  readonly current: number;
  readonly onPoint: (index: number) => void;
  readonly onChoose: (command: Command) => void;
}

function Results({ ref, listId, commands, current, onPoint, onChoose }: ResultsProps): ReactNode {
  return (
    <>
      {commands.length === 0 && (
        <p role="status" className="px-4 py-6 text-center text-muted">
          {words.nothing}
        </p>
      )}
      <ul
        ref={ref}
        id={listId}
        role="listbox"
        aria-label={words.label}
        className={classNames('overflow-y-auto p-2', commands.length === 0 && 'hidden')}
      >
        {commands.map((command, index) => (
          <Option
            key={command.id}
            id={`${listId}-${index}`}
            command={command}
            isActive={index === current}
            onPoint={() => onPoint(index)}
            onChoose={() => onChoose(command)}
          />
        ))}
      </ul>
    </>
  );
}

export interface CommandPaletteProps {
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

/** Finds a camera, a page or an action by name. */
export function CommandPalette({ onClose, onHelp }: CommandPaletteProps): ReactNode {
  const listId = useId();
  const list = useRef<HTMLUListElement>(null);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const commands = shown(query, useCommands(onHelp));
  const last = commands.length - 1;
  const current = Math.min(active, last);

  const move = (to: number): void => {
    setActive(to);
    list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
  };
  const choose = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  const search = (text: string): void => {
    setQuery(text);
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') move(current >= last ? 0 : current + 1);
    else if (event.key === 'ArrowUp') move(current <= 0 ? last : current - 1);
    else if (event.key === 'Enter') choose(commands[current]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog isOpen onOpenChange={onClose} title={words.label} isBare>
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search size={18} className="text-muted" aria-hidden />
        <Query listId={listId} current={current} query={query} onQuery={search} onKeyDown={onKeyDown} />
      </div>
      <Results
        ref={list}
        listId={listId}
        commands={commands}
        current={current}
        onPoint={setActive}
        onChoose={choose}
      />
    </Dialog>
  );
}
