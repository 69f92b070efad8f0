import { sessions } from './en-sessions.ts';
import { inLanguageOfPerson } from './index.ts';

const en = sessions;

/** What the page says on which it is seen who watches: loaded with it. */
export const sessionsMessages: typeof en = inLanguageOfPerson({ en });
