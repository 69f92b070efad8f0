import type { Grant } from '@vedette/contract';
import type { ReactNode } from 'react';
import { setupMessages } from '../../messages/setup.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { dayName } from './day-name.ts';

const words = setupMessages.grants;
type Hours = NonNullable<Grant['hours']>;

const ISO_DAYS = [1, 2, 3, 4, 5, 6, 7] as const;

function DayChecks({
  days = ISO_DAYS,
  onChange,
}: {
  readonly days?: readonly number[];
  readonly onChange: (days: number[]) => void;
}): ReactNode {
  return (
    <div role="group" aria-label={words.days} className="flex flex-wrap gap-1">
      {ISO_DAYS.map((day) => {
        const isOn = days.includes(day);
        return (
          <button
            key={day}
            type="button"
            aria-pressed={isOn}
            disabled={isOn && days.length === 1}
            className="h-8 cursor-pointer rounded-md border border-line px-2 text-small text-muted aria-pressed:bg-hover aria-pressed:text-text pointer-coarse:h-10"
            onClick={() =>
              onChange(ISO_DAYS.filter((other) => (other === day ? !isOn : days.includes(other))))
            }
          >
            {dayName(day)}
          </button>
        );
      })}
    </div>
  );
}

export interface HoursFieldsProps {
  readonly hours: Hours;
  readonly onChange: (hours: Hours) => void;
}

/** A span of the day; one that ends before it begins goes over midnight. */
export function HoursFields({ hours, onChange }: HoursFieldsProps): ReactNode {
  const { from, to, timeZone, days } = hours;
  const zones = Intl.supportedValuesOf('timeZone');
  return (
    <div className="flex flex-col gap-3">
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-[8.5rem_8.5rem_1fr]">
        <TextField
          label={words.from}
          type="time"
          value={from}
          required
          onChange={(event) => onChange({ ...hours, from: event.target.value })}
        />
        <TextField
          label={words.to}
          type="time"
          value={to}
          required
          hint={to < from ? words.nextDay : undefined}
          onChange={(event) => onChange({ ...hours, to: event.target.value })}
        />
        <SelectField
          label={words.timeZone}
          className="col-span-2 sm:col-span-1"
          value={timeZone}
          onChange={(event) => onChange({ ...hours, timeZone: event.target.value })}
        >
          {[...new Set([timeZone, 'UTC', ...zones])].map((zone) => (
            <option key={zone}>{zone}</option>
          ))}
        </SelectField>
      </div>
      <DayChecks
        {...(days === undefined ? {} : { days })}
        onChange={(changed) =>
          onChange(changed.length === 7 ? { from, to, timeZone } : { ...hours, days: changed })
        }
      />
    </div>
  );
}
