import { en } from './en.ts';

/** What a catalogue holds; English sets the shape. */
export type Messages = typeof en;

/** Words by language (BCP 47 tag), in the person's language as the browser names it; English otherwise. */
export function inLanguageOfPerson<Words>(
  catalogues: Readonly<Record<string, Words>> & { readonly en: Words },
): Words {
  const languages = 'navigator' in globalThis ? navigator.languages : [];
  for (const language of languages) {
    const found = catalogues[language] ?? catalogues[language.split('-')[0] ?? ''];
    if (found !== undefined) return found;
  }
  return catalogues.en;
}

/** The words of the dashboard, but for those that come with the pages that say them. */
export const messages: Messages = inLanguageOfPerson({ en });
