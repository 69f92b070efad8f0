import { cameras } from './en-cameras.ts';
import { grants } from './en-grants.ts';
import { people } from './en-people.ts';
import { settings } from './en-settings.ts';
import { inLanguageOfPerson } from './index.ts';

const en = { ...cameras, ...people, ...grants, ...settings };

/** What the pages of the settings say: loaded with them, not with the live page. */
export const setupMessages: typeof en = inLanguageOfPerson({ en });
