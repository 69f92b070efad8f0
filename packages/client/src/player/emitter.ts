/** Typed events with `on`, which hands back the way to stop listening. */
export class Emitter<Events extends Record<string, unknown>> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    let listeners = this.#listeners.get(name);
    if (listeners === undefined) this.#listeners.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    const listeners = (this.#listeners.get(name) ?? []) as Iterable<(value: Events[Name]) => void>;
    for (const listener of listeners) listener(value);
  }

  clear(): void {
    this.#listeners.clear();
  }
}
