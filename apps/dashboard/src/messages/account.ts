import { account } from './en-account.ts';
import { inLanguageOfPerson } from './index.ts';

const en = account;

/** What the pages say on which one logs in, looks after the own account, or sees what was shared: loaded with them. */
export const accountMessages: typeof en = inLanguageOfPerson({ en });
