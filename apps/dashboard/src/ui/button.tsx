import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Hint } from './tooltip.tsx';

type ButtonProps = ComponentProps<'button'> & { readonly look?: 'plain' | 'primary' | 'danger' };

const LOOKS = {
  plain: 'bg-hover text-text hover:bg-line',
  primary: 'bg-accent text-on-accent hover:brightness-110 disabled:bg-hover disabled:brightness-100',
  danger: 'bg-hover text-bad hover:bg-line',
} as const;

export function Button({ look = 'plain', className, ...props }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      className={classNames(
        'inline-flex h-8 shrink-0 cursor-pointer items-center gap-2 rounded-md px-3 text-base font-medium whitespace-nowrap transition-colors disabled:cursor-default disabled:text-muted pointer-coarse:h-10',
        LOOKS[look],
        className,
      )}
      {...props}
    />
  );
}

type IconButtonProps = Omit<ComponentProps<'button'>, 'children'> & {
  readonly icon: LucideIcon;
  /** Read aloud, and shown as the tooltip. */
  readonly label: string;
  readonly shortcut?: string;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  /** `video`: on a picture, the same in every theme. */
  readonly on?: 'page' | 'video';
};

const GROUNDS = {
  page: 'text-muted hover:bg-hover hover:text-text aria-pressed:bg-hover aria-pressed:text-text',
  video: 'text-on-video hover:bg-white/20 aria-pressed:bg-white/25 disabled:text-on-video/50',
} as const;

export function IconButton({
  icon: Icon,
  label,
  shortcut,
  side,
  on = 'page',
  className,
  ...props
}: IconButtonProps): ReactNode {
  return (
    <Hint text={label} shortcut={shortcut} side={side}>
      <button
        type="button"
        aria-label={label}
        className={classNames(
          'inline-flex size-8 shrink-0 cursor-pointer items-center justify-center rounded-md transition-colors disabled:cursor-default pointer-coarse:size-10',
          GROUNDS[on],
          className,
        )}
        {...props}
      >
        <Icon size={18} strokeWidth={1.75} aria-hidden />
      </button>
    </Hint>
  );
}
