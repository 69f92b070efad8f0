import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { classNames } from '../../ui/class-names.ts';
import { TextField } from '../../ui/field.tsx';
import type { CameraDraft } from './camera-draft.ts';

const words = setupMessages.cameras.form;

/** To begin with; whoever adds a camera puts in its own. */
const EXAMPLES: readonly (readonly [kind: keyof typeof words.kinds, address: string])[] = [
  ['rtsp', 'rtsp://user:password@10.0.0.5:554/stream1'],
  ['rtsps', 'rtsps://user:password@10.0.0.5:322/stream1'],
  ['hls', 'https://example.com/live/index.m3u8'],
  ['mjpeg', 'mjpeg+http://user:password@10.0.0.5/video.mjpg'],
  ['jpeg', 'jpeg+http://user:password@10.0.0.5/snapshot.jpg'],
  ['rtmp', 'rtmp://10.0.0.5/live/stream'],
  ['srt', 'srt://10.0.0.5:8890?streamid=stream1'],
  ['v4l2', 'v4l2:/dev/video0?size=1280x720&fps=30'],
];

function How({
  title,
  text,
  isChosen,
  onChoose,
}: {
  readonly title: string;
  readonly text: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}): ReactNode {
  return (
    <label
      className={classNames(
        'flex flex-1 cursor-pointer items-start gap-2 rounded-md border p-3',
        isChosen ? 'border-accent' : 'border-line',
      )}
    >
      <input
        type="radio"
        name="how"
        checked={isChosen}
        onChange={onChoose}
        className="mt-0.5 size-4 shrink-0 accent-[var(--accent)]"
      />
      <span>
        {title}
        <span className="block text-small text-muted">{text}</span>
      </span>
    </label>
  );
}

function Examples({ onUse }: { readonly onUse: (address: string) => void }): ReactNode {
  return (
    <details className="text-small">
      <summary className="cursor-pointer text-muted">{words.examples}</summary>
      <ul className="mt-1 flex flex-col">
        {EXAMPLES.map(([kind, address]) => (
          <li key={kind}>
            <button
              type="button"
              aria-label={words.use(words.kinds[kind])}
              className="w-full cursor-pointer rounded-md px-2 py-1 text-left hover:bg-hover pointer-coarse:py-2"
              onClick={() => onUse(address)}
            >
              {words.kinds[kind]}
              <span className="block truncate font-mono text-muted">{address}</span>
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

export interface SourceFieldsProps {
  readonly draft: CameraDraft;
  readonly isNew: boolean;
  /** The present address is shown without its user, password and query. */
  readonly hasSecrets: boolean;
  readonly error: string | undefined;
  readonly onChange: (change: Partial<CameraDraft>) => void;
}

/** Where the picture comes from. */
export function SourceFields({ draft, isNew, hasSecrets, error, onChange }: SourceFieldsProps): ReactNode {
  const { isPublished, source } = draft;
  return (
    <div className="flex flex-col gap-3">
      <fieldset>
        <legend className="mb-1 text-small font-medium">{words.how}</legend>
        <div className="flex flex-col gap-2 sm:flex-row">
          <How
            title={words.address}
            text={words.addressText}
            isChosen={!isPublished}
            onChoose={() => onChange({ isPublished: false })}
          />
          <How
            title={words.publish}
            text={words.publishText}
            isChosen={isPublished}
            onChoose={() => onChange({ isPublished: true })}
          />
        </div>
      </fieldset>
      {isPublished ? (
        <p className="text-small text-muted">{words.publishNext}</p>
      ) : (
        <>
          <TextField
            label={words.source}
            hint={hasSecrets ? words.sourceKept : words.sourceHint}
            error={error}
            value={source}
            placeholder="rtsp://user:password@10.0.0.5/stream1"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={4096}
            required
            autoFocus={isNew}
            onChange={(event) => onChange({ source: event.target.value })}
          />
          <Examples onUse={(address) => onChange({ source: address })} />
        </>
      )}
    </div>
  );
}
