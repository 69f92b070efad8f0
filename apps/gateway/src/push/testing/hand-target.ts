import type { PushContext, PushTarget } from '../push-target.ts';

/** A destination whose attempts the test holds in its hand. */
export class HandTarget implements PushTarget {
  readonly attempts: PushContext[] = [];
  /** Does not notice that it is no longer wanted. */
  isDeaf = false;
  #fail: (error: unknown) => void = () => undefined;

  async run(context: PushContext): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.attempts.push(context);
    this.#fail = reject;
    const leave = (): void => {
      if (!this.isDeaf) resolve(undefined);
    };
    context.signal.addEventListener('abort', leave, { once: true });
    await promise;
  }

  /** The attempt at work. */
  get current(): PushContext {
    const context = this.attempts.at(-1);
    if (context === undefined) throw new Error('there was no attempt');
    return context;
  }

  /** Ends the attempt at work. */
  fail(error: unknown): void {
    this.#fail(error);
  }
}
