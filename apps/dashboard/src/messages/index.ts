import { en } from './en.ts';

/** What a catalogue holds; English sets the shape. */
export type Messages = typeof en;

/** One per language, by BCP 47 tag. */
const CATALOGUES: Readonly<Record<string, Messages>> = { en };

function pick(languages: readonly string[]): Messages {
  for (const language of languages) {
    const found = CATALOGUES[language] ?? CATALOGUES[language.split('-')[0] ?? ''];
    if (found !== undefined) return found;
  }
  return en;
}

/** The words in the person's language, as the browser names it; English otherwise. */
export const messages: Messages = pick('navigator' in globalThis ? navigator.languages : []);
