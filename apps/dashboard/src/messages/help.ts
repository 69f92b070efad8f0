import { help } from './en-help.ts';
import { inLanguageOfPerson } from './index.ts';

const en = help;

/** Which key does what: loaded with the dialog that says it. */
export const helpMessages: typeof en = inLanguageOfPerson({ en });
