import { ApiError } from '@vedette/client';

/** What the gateway finds wrong with a field: `source: must be …`, `renditions.0.height: …`. */
const OF_A_FIELD = /^([A-Za-z][\w.]*): (.+)$/s;

export interface FieldFault {
  /** As the API calls it; parts of it by dots. */
  readonly field: string;
  readonly text: string;
}

/** Which field an answer complains about; `undefined` where it is about something else. */
export function fieldFault(error: Error | null): FieldFault | undefined {
  if (!(error instanceof ApiError) || error.code !== 'ERR_BAD_REQUEST') return undefined;
  const [, field, text] = OF_A_FIELD.exec(error.message) ?? [];
  return field === undefined || text === undefined
    ? undefined
    : { field, text: `${text.charAt(0).toLocaleUpperCase()}${text.slice(1)}.` };
}

/** What is said below a field, where the answer is about it or a part of it. */
export function faultOf(error: Error | null, field: string): string | undefined {
  const fault = fieldFault(error);
  if (fault === undefined) return undefined;
  return fault.field === field || fault.field.startsWith(`${field}.`) ? fault.text : undefined;
}

/** What no field of `fields` says itself; `null` where one does. */
export function faultBeside(error: Error | null, fields: readonly string[]): Error | null {
  const part = fieldFault(error)?.field.split('.')[0];
  return part !== undefined && fields.includes(part) ? null : error;
}
