import { useId, type ComponentProps, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const CONTROL =
  'h-9 w-full min-w-0 rounded-md border border-line bg-canvas px-2 text-base placeholder:text-muted aria-invalid:border-bad disabled:text-muted pointer-coarse:h-11';

interface Around {
  readonly label: string;
  /** What helps to fill it in. */
  readonly hint?: ReactNode;
  /** What is wrong with what is in it. */
  readonly error?: string | undefined;
}

interface Ids {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean | undefined;
}

function Labelled({
  label,
  hint,
  error,
  className,
  children,
}: Around & { className?: string | undefined; children: (ids: Ids) => ReactNode }): ReactNode {
  const id = useId();
  const hasNote = error !== undefined || hint !== undefined;
  return (
    <div className={classNames('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="text-small font-medium">
        {label}
      </label>
      {children({
        id,
        'aria-describedby': hasNote ? `${id}-note` : undefined,
        'aria-invalid': error === undefined ? undefined : true,
      })}
      {hasNote && (
        <div
          id={`${id}-note`}
          role={error === undefined ? undefined : 'alert'}
          className={classNames('text-small', error === undefined ? 'text-muted' : 'text-bad')}
        >
          {error ?? hint}
        </div>
      )}
    </div>
  );
}

/** One line of text with its label. */
export function TextField({
  label,
  hint,
  error,
  className,
  ...props
}: Around & ComponentProps<'input'>): ReactNode {
  return (
    <Labelled label={label} hint={hint} error={error} className={className}>
      {(ids) => <input type="text" {...ids} {...props} className={CONTROL} />}
    </Labelled>
  );
}

/** One of several, with its label; the browser's own list, which works on phones. */
export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...props
}: Around & ComponentProps<'select'>): ReactNode {
  return (
    <Labelled label={label} hint={hint} error={error} className={className}>
      {(ids) => (
        <select {...ids} {...props} className={CONTROL}>
          {children}
        </select>
      )}
    </Labelled>
  );
}

/** On or off, with its label behind it. */
export function CheckField({
  label,
  hint,
  className,
  ...props
}: Pick<Around, 'label' | 'hint'> & ComponentProps<'input'>): ReactNode {
  return (
    <label className={classNames('flex cursor-pointer items-start gap-2 py-0.5', className)}>
      <input type="checkbox" {...props} className="mt-0.5 size-4 shrink-0 accent-[var(--accent)]" />
      <span className="min-w-0">
        {label}
        {hint !== undefined && <span className="block text-small text-muted">{hint}</span>}
      </span>
    </label>
  );
}
