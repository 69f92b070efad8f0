import { ProtocolError } from '@vedette/media';
import { nodeSrtCrypto, SrtCaller, type SrtCallerStep, type SrtUrl } from '@vedette/protocols';
import { randomInt } from 'node:crypto';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { AddressGuard } from '../guarded-lookup.ts';
import { SrtLink } from './srt-link.ts';
import { srtClock, SrtSocket } from './srt-socket.ts';
import { Ticker, type Ticking } from './ticker.ts';

export interface CallOptions {
  /** Where the call may lead. */
  readonly guard: AddressGuard;
  readonly signal: AbortSignal;
}

/** A connection that we called for, with the socket of its own that it has. */
export interface SrtCallLink {
  readonly link: SrtLink;
  /** Says goodbye and closes the socket. Safe to call twice. */
  close(): Promise<void>;
}

/** libsrt's default. */
const DEFAULT_LATENCY_MS = 120;
/** The name of the peer is to be known within this. */
const LOOKUP_MS = 5000;

/** Of all calls of this process. */
const ticker = new Ticker();

/**
 * Calls a listener.
 *
 * @throws {ProtocolError} it refuses or does not answer. `AddressRefusedError`: it may not be called. Errors of
 * name resolution pass unchanged. The signal's reason when it aborts.
 */
export async function callSrt(url: SrtUrl, { guard, signal }: CallOptions): Promise<SrtCallLink> {
  const address = await resolve(url.host, guard);
  signal.throwIfAborted();
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  // A list of one: it knows the many ways to write an IPv6 address.
  const peers = new BlockList();
  peers.addAddress(address.split('%', 1)[0] ?? '', family);
  let onDatagram: (packet: Uint8Array) => void = () => undefined;
  const socket = await SrtSocket.bind(family === 'ipv6' ? '::' : '0.0.0.0', 0, (packet, from) => {
    const [fromAddress = ''] = from.address.split('%', 1);
    if (from.port === url.port && peers.check(fromAddress, family)) onDatagram(packet);
  });
  try {
    const link = await shakeHands(socket, url, address, signal, (listener) => {
      onDatagram = listener;
    });
    onDatagram = (packet) => link.receive(packet);
    ticker.add(link);
    return {
      link,
      close: async () => {
        ticker.remove(link);
        link.close();
        await socket.close();
      },
    };
  } catch (error) {
    await socket.close();
    throw error;
  }
}

async function shakeHands(
  socket: SrtSocket,
  { streamId, passphrase, keyLength, latencyMs = DEFAULT_LATENCY_MS, port }: SrtUrl,
  address: string,
  signal: AbortSignal,
  listen: (listener: (packet: Uint8Array) => void) => void,
): Promise<SrtLink> {
  const { promise, resolve: connected, reject } = Promise.withResolvers<SrtLink>();
  const socketId = randomInt(1, 0x3fff_ffff);
  const caller = new SrtCaller(
    { crypto: nodeSrtCrypto, socketId, streamId, passphrase, keyLength, latencyMs, address },
    srtClock(),
  );
  const perform = (step: SrtCallerStep | undefined): void => {
    if (step?.type === 'send') socket.send(step.packet, address, port);
    else if (step?.type === 'failed') reject(step.error);
    // Made here, not later: packets may stand right behind the answer.
    else if (step?.type === 'connected') connected(new SrtLink(step.agreement, socket.wireTo(address, port)));
  };
  const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  const clock: Ticking = { tick: (nowUs) => perform(caller.tick(nowUs)) };
  listen((packet) => perform(caller.receive(packet, srtClock())));
  signal.addEventListener('abort', abort, { once: true });
  ticker.add(clock);
  try {
    if (signal.aborted) abort();
    else clock.tick(srtClock());
    return await promise;
  } finally {
    ticker.remove(clock);
    signal.removeEventListener('abort', abort);
  }
}

async function resolve(host: string, guard: AddressGuard): Promise<string> {
  if (isIP(host.split('%', 1)[0] ?? '') !== 0) {
    if (!guard.isAllowed(host)) throw guard.refusal();
    return host;
  }
  const { promise, resolve: found, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(
    () => reject(new ProtocolError('ERR_CONNECT_NAME', 'the name of the peer cannot be resolved')),
    LOOKUP_MS,
  );
  guard.lookup(host, {}, (error, address) => {
    if (error === null && typeof address === 'string') found(address);
    else reject(error ?? new Error('no address'));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
