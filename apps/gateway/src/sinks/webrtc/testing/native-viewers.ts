import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import type { ViewerCommand, ViewerCounts, ViewerEvent } from './viewer-process-messages.ts';

const ENTRY = path.join(import.meta.dirname, 'viewer-process.ts');

/** A process of native viewers, from outside. */
export class NativeViewers {
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter<Record<string, [ViewerEvent]>>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#events.setMaxListeners(0);
    child.on('message', (event: ViewerEvent) => {
      this.#events.emit('id' in event ? String(event.id) : event.event, event);
    });
  }

  static async start(): Promise<NativeViewers> {
    const viewers = new NativeViewers(fork(ENTRY));
    await once(viewers.#events, 'ready');
    return viewers;
  }

  /**
   * Views `url`; resolves when media flows.
   *
   * @param counts whether its packets are looked at
   * @returns the viewer's id
   */
  async view(url: string, counts = false): Promise<number> {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#tell({ do: 'view', id, url, counts });
    const [event] = (await once(this.#events, String(id))) as [ViewerEvent];
    if (event.event !== 'connected') throw new Error(`viewer ${id}: ${JSON.stringify(event)}`);
    return id;
  }

  /** @param isPolite by DELETE first; else only the connection is closed */
  async close(id: number, isPolite = false): Promise<void> {
    const closed = once(this.#events, String(id));
    this.#tell({ do: 'close', id, isPolite });
    await closed;
  }

  requestPicture(id: number): void {
    this.#tell({ do: 'requestPicture', id });
  }

  /** Of every viewer that is there. */
  async counts(): Promise<readonly ViewerCounts[]> {
    const answer = once(this.#events, 'counts');
    this.#tell({ do: 'count' });
    const [event] = (await answer) as [ViewerEvent];
    return event.event === 'counts' ? event.counts : [];
  }

  /** Ends the process without a word to anybody. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #tell(command: ViewerCommand): void {
    this.#child.send(command);
  }
}
