import { Fragment, type ReactNode } from 'react';
import { helpMessages } from '../messages/help.ts';
import { messages } from '../messages/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';

const { keys, groups } = helpMessages;
const title = messages.help;

/** `⌘` on Apple's keyboards. */
const COMMAND = /Mac|iP(?:hone|ad)/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

const GROUPS: readonly [name: string, shortcuts: readonly [keys: readonly string[], what: string][]][] = [
  [
    groups.everywhere,
    [
      [[COMMAND, 'K'], keys.palette],
      [['?'], keys.help],
      [['Esc'], keys.back],
    ],
  ],
  [
    groups.grid,
    [
      [['←', '→', '↑', '↓'], keys.move],
      [['Enter'], keys.open],
      [['1', '2', '3', '4'], keys.layouts],
      [['0'], keys.auto],
      [['PgUp', 'PgDn'], keys.pages],
    ],
  ],
  [
    groups.picture,
    [
      [['F'], keys.fullScreen],
      [['M'], keys.sound],
      [['S'], keys.snapshot],
      [['I'], keys.statistics],
      [['P'], keys.pictureInPicture],
      [['←', '→'], keys.neighbours],
    ],
  ],
];

export function HelpDialog({ onClose }: { onClose: () => void }): ReactNode {
  return (
    <Dialog isOpen onOpenChange={onClose} title={title}>
      <div tabIndex={0} role="region" aria-label={title} className="overflow-y-auto px-5 pb-5">
        {GROUPS.map(([name, shortcuts]) => (
          <Fragment key={name}>
            <h3 className="mt-4 mb-1 text-small font-medium text-muted first:mt-0">{name}</h3>
            <dl className="divide-y divide-line">
              {shortcuts.map(([shortcut, what]) => (
                <div key={what} className="flex flex-row-reverse items-center justify-between gap-4 py-1.5">
                  <dt className="flex gap-1">
                    {shortcut.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </Fragment>
        ))}
      </div>
    </Dialog>
  );
}
