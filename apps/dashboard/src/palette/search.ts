/** Something that can be found by name. */
export interface Findable {
  readonly label: string;
  /** Further words that find it, such as a camera's id. */
  readonly keywords?: string;
}

/** Lower case without accents, so that “cổng” is found by “cong”. */
function plain(text: string): string {
  return text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd');
}

/** Letters of `word` in order, anywhere in `text`. */
function isScattered(word: string, text: string): boolean {
  let at = 0;
  for (const letter of word) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function scoreWord(word: string, text: string): number {
  if (text.startsWith(word)) return 4;
  if (text.includes(` ${word}`)) return 3;
  if (text.includes(word)) return 2;
  return isScattered(word, text) ? 1 : 0;
}

/**
 * How well `query` names `item`: 0 not at all. Every word must be found; the start of the name counts
 * most, then the start of a word, then any part, then its letters in order.
 */
export function score(query: string, { label, keywords = '' }: Findable): number {
  const text = plain(label);
  const more = plain(keywords);
  let total = 0;
  for (const word of plain(query).split(/\s+/).filter(Boolean)) {
    const found = Math.max(scoreWord(word, text), more.includes(word) ? 2 : 0);
    if (found === 0) return 0;
    total += found;
  }
  return total;
}

/** What `query` finds, best first; among equals the order stays. An empty query finds everything. */
export function find<Item extends Findable>(query: string, items: readonly Item[]): Item[] {
  if (query.trim() === '') return [...items];
  return items
    .map((item) => ({ item, points: score(query, item) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .map(({ item }) => item);
}
