import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';
import { Link, type LinkOptions, type Messages } from './link.ts';

/** Where the supervisor puts the child's end of the link: a UNIX socket pair, both ways. */
const LINK_FD = 3;
/** A worker that nobody waits for any more must not stay because something in it hangs. */
const MAX_CLEAN_UP_MS = 2000;

export interface WorkerChildOptions<In extends Messages> extends Pick<
  LinkOptions<In>,
  'handlers' | 'maxQueueBytes'
> {
  /** Awaited, 2 s at the most, before the process exits. */
  readonly cleanUp?: () => Promise<void>;
}

/**
 * Makes this process a worker: joins the link that the supervisor left on descriptor 3 and says that
 * it is ready. The process lives as long as the link does: it exits when the gateway ends the link
 * or is itself gone.
 */
export function serveAsWorker<In extends Messages, Out extends Messages>(
  options: WorkerChildOptions<In>,
): Link<In, Out> {
  // A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group: the gateway decides.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const cleanUp = options.cleanUp ?? (() => Promise.resolve());
  const link = new Link<In, Out>(new Socket({ fd: LINK_FD }), {
    ...options,
    onClose: (error) => {
      if (error !== undefined) process.stderr.write(`${error.message}\n`);
      // SIGKILL and not exit(): native threads at work make exit() hang or crash.
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), MAX_CLEAN_UP_MS);
      void cleanUp().finally(() => process.exit(error === undefined ? 0 : 1));
    },
  });
  link.sendReady();
  // For the next one: a worker that is killed would leave no compiled modules.
  setImmediate(flushCompileCache);
  return link;
}
