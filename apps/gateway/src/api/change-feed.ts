/** Measured figures alone are worth a message only every so many rounds. */
const FIGURES_EVERY = 5;

export interface ChangeFeedOptions<Item> {
  /** Names an item among the others. */
  readonly key: (item: Item) => string;
  /** The item without its measured figures, whose changes alone are told less often. */
  readonly plain: (item: Item) => unknown;
}

interface Told<Item> {
  readonly item: Item;
  readonly plain: string;
  readonly full: string;
}

/** What changed of a list since the last look: for telling others no more than that. */
export class ChangeFeed<Item> {
  readonly #options: ChangeFeedOptions<Item>;
  /** What was last told, by key: without and with figures. */
  #told = new Map<string, Told<Item>>();
  #round = 0;

  constructor(options: ChangeFeedOptions<Item>) {
    this.#options = options;
  }

  /** Forgets what was told: there is nobody who remembers. */
  clear(): void {
    this.#told.clear();
  }

  /** One look at the list. @returns what is new or changed, and what is gone. */
  look(items: readonly Item[]): { readonly changed: Item[]; readonly removed: Item[] } {
    this.#round += 1;
    const told = new Map<string, Told<Item>>();
    const changed: Item[] = [];
    for (const item of items) {
      const key = this.#options.key(item);
      const plain = JSON.stringify(this.#options.plain(item));
      const full = JSON.stringify(item);
      const before = this.#told.get(key);
      const hasChanged = before?.plain !== plain;
      const isNews = hasChanged || (this.#round % FIGURES_EVERY === 0 && before.full !== full);
      told.set(key, isNews ? { item, plain, full } : before);
      if (isNews) changed.push(item);
    }
    const removed = [...this.#told].filter(([key]) => !told.has(key)).map(([, { item }]) => item);
    this.#told = told;
    return { changed, removed };
  }
}
