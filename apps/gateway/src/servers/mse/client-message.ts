import { ProtocolError } from '@vedette/media';

/** What a viewer may say. */
export type ClientMessage =
  /** Which rendition it wants: a name, or `auto`; and how many lines of it it has room for. */
  | { readonly type: 'quality'; readonly quality: string; readonly maxHeight: number | undefined }
  /** Binary messages that it has received so far. */
  | { readonly type: 'progress'; readonly units: number }
  | { readonly type: 'pong' };

/** Bytes of one message. */
export const MAX_MESSAGE_BYTES = 1024;
/** Messages a second, on the average of a few. */
export const MAX_MESSAGES_PER_SECOND = 20;
export const QUALITY_NAME = /^[A-Za-z0-9_-]{1,32}$/;

/** @throws {ProtocolError} `ERR_MSE_MESSAGE`: it is none of these. */
export function parseClientMessage(text: string): ClientMessage {
  const message = parseObject(text);
  switch (message['type']) {
    case 'pong':
      return { type: 'pong' };
    case 'progress':
      return { type: 'progress', units: whole(message['units'], 'units') };
    case 'quality': {
      const { quality, maxHeight } = message;
      if (typeof quality !== 'string' || !QUALITY_NAME.test(quality)) throw invalid('quality');
      return {
        type: 'quality',
        quality,
        maxHeight: maxHeight === undefined ? undefined : whole(maxHeight, 'maxHeight'),
      };
    }
    default:
      throw invalid('type');
  }
}

function parseObject(text: string): Record<string, unknown> {
  if (text.length > MAX_MESSAGE_BYTES) throw invalid('length');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw invalid('form: it is no JSON object');
}

function whole(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(name);
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('ERR_MSE_MESSAGE', `a message with a bad ${what}`);
}
