/** Lets writes follow one another, so that each decides upon what the one before has left. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns what `work` returns, or its error; either way the next one begins then. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    const mine = (async () => {
      await before;
      return work();
    })();
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
