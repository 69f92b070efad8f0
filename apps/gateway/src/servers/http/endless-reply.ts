import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Answers with a body that ends with the connection: writes the head and leaves the socket to the caller, who
 * ends it. Not chunked: a frame is one write, and old players do not know chunks.
 *
 * Headers that hooks have set (CORS, security) go along. A client that sends more is not listened to.
 */
export function endlessReply(request: FastifyRequest, reply: FastifyReply, contentType: string): Socket {
  reply.hijack();
  const { socket } = request.raw;
  const head = [`HTTP/1.1 200 ${STATUS_CODES[200]}`];
  const headers = {
    ...reply.getHeaders(),
    'content-type': contentType,
    'cache-control': 'no-store',
    connection: 'close',
  };
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) head.push(`${name}: ${String(one)}`);
  }
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.resume();
  if (request.method === 'HEAD') socket.end(`${head.join('\r\n')}\r\n\r\n`);
  else socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
}
