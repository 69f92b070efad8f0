import { publish } from './en-publish.ts';
import { inLanguageOfPerson } from './index.ts';

const en = publish;

/** What the page says from which a device publishes: loaded with it. */
export const publishMessages: typeof en = inLanguageOfPerson({ en });
