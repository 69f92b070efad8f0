import { ProtocolError, type ErrorCode } from '@vedette/media';
import { parseSrtUrl } from '@vedette/protocols';
import { AddressRefusedError } from '../../net/guarded-lookup.ts';
import { callSrt, type SrtCallLink } from '../../net/srt/call-srt.ts';
import { PushError, type PushContext, type PushTarget } from '../../push/push-target.ts';
import type { FanoutSinks, FanoutViewer } from '../fanout.ts';
import { SrtOutlet } from './srt-outlet.ts';

/** Faults that only another configuration can mend. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  'ERR_SRT_URL',
  'ERR_SRT_SECRET',
  'ERR_SRT_UNAUTHORIZED',
  'ERR_ADDRESS_REFUSED',
  'ERR_TS_TRACKS',
]);

/** Sends a stream to an SRT listener, as its caller. */
export class SrtPush implements PushTarget {
  readonly #address: string;
  readonly #sinks: FanoutSinks;

  /** @param address `srt://host:port?streamid=…&passphrase=…`. @param sinks shared with viewers. */
  constructor(address: string, sinks: FanoutSinks) {
    this.#address = address;
    this.#sinks = sinks;
  }

  async run(context: PushContext): Promise<void> {
    let call: SrtCallLink | undefined;
    try {
      call = await callSrt(parseSrtUrl(this.#address), context);
      await this.#send(call, context);
    } catch (error) {
      if (!context.signal.aborted) throw toPushError(error);
    } finally {
      await call?.close();
    }
  }

  async #send({ link }: SrtCallLink, context: PushContext): Promise<void> {
    const { stream, signal } = context;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const lost = (reason: string): void =>
      reject(new PushError('ERR_CONNECTION_LOST', `the destination is gone: ${reason}`));
    const leave = (): void => resolve(undefined);
    link.listen({ onPayload: () => undefined, onClosed: lost });
    signal.addEventListener('abort', leave, { once: true });
    let viewer: FanoutViewer | undefined;
    try {
      if (signal.aborted) return;
      context.onConnected();
      const opened = this.#sinks.open(stream, new SrtOutlet(link), (reason, isStalled) => {
        reject(new PushError(isStalled ? 'ERR_PUSH_STALLED' : 'ERR_PUSH_STREAM_ENDED', reason));
      });
      viewer = opened;
      context.report(() => ({ ...opened.totals(), queuedBytes: link.unsentBytes }));
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
      viewer?.close();
    }
  }
}

function toPushError(error: unknown): unknown {
  if (error instanceof PushError) return error;
  if (error instanceof ProtocolError || error instanceof AddressRefusedError) {
    return new PushError(error.code, error.message, { cause: error, isPermanent: PERMANENT.has(error.code) });
  }
  const sentence = 'the name of the destination cannot be resolved, or there is no way to it';
  return new PushError('ERR_CONNECT_FAILED', sentence, { cause: error });
}
