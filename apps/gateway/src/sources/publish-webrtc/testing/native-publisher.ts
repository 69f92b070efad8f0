import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import type { TestContext } from 'node:test';

/** What a test asks of a native publisher. */
export type PublisherCommand =
  | { readonly do: 'publish'; readonly url: string; readonly through?: number | undefined }
  | { readonly do: 'send'; readonly pictures: number };

export type PublisherEvent =
  | { readonly event: 'ready' | 'connected' }
  | { readonly event: 'sent'; readonly pictures: number }
  | { readonly event: 'failed'; readonly why: string };

/** A publisher on libdatachannel in a process of its own, from outside. */
export class NativePublisher {
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter<Record<PublisherEvent['event'], [PublisherEvent]>>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (event: PublisherEvent) => {
      this.#events.emit(event.event, event);
    });
  }

  static async start(context: Pick<TestContext, 'after'>): Promise<NativePublisher> {
    const publisher = new NativePublisher(
      fork(path.join(import.meta.dirname, 'native-publisher-process.ts')),
    );
    context.after(() => publisher.kill());
    await once(publisher.#events, 'ready');
    return publisher;
  }

  /** Publishes to a WHIP address; resolves when media may flow. @param through UDP port of a relay to go through. */
  async publish(url: string, through?: number): Promise<void> {
    const connected = once(this.#events, 'connected');
    const failed = once(this.#events, 'failed').then(([event]) => {
      throw new Error(JSON.stringify(event));
    });
    this.#tell({ do: 'publish', url, through });
    await Promise.race([connected, failed]);
  }

  /** Sends pictures and sound, in their time; resolves when all are sent. */
  async send(pictures: number): Promise<void> {
    const sent = once(this.#events, 'sent');
    this.#tell({ do: 'send', pictures });
    await sent;
  }

  /** Ends it without a word to anybody. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #tell(command: PublisherCommand): void {
    this.#child.send(command);
  }
}
