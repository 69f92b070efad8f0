import { cameras } from './en-cameras.ts';
import { people } from './en-people.ts';
import { inLanguageOfPerson } from './index.ts';

const en = { ...cameras, ...people };

/** What the pages say on which cameras, groups and people are set up: loaded with them, not with the live page. */
export const setupMessages: typeof en = inLanguageOfPerson({ en });
