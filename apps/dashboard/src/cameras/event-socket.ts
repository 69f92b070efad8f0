import type { ServerToClientEvents } from '@vedette/contract';
import { io, type Socket } from 'socket.io-client';

export type EventSocket = Socket<ServerToClientEvents>;

/**
 * A socket of events, not open yet.
 *
 * @param token by which it is opened, asked for at every attempt; `undefined` where the cookie says who it is.
 */
export function eventSocket(token: () => string | undefined): EventSocket {
  return io({
    autoConnect: false,
    auth: (tell) => {
      const shown = token();
      tell(shown === undefined ? {} : { token: shown });
    },
    transports: ['websocket'],
    reconnectionDelay: 500,
    reconnectionDelayMax: 2000,
  });
}
