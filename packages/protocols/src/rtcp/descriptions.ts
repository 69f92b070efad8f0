import type { ApplicationDefined, Goodbye, SourceDescription } from './packets.ts';
import { checkedCount, newBody, PACKET_TYPE, viewOf } from './wire.ts';
import type { RtcpBody } from './wire.ts';

const CNAME = 1;
const MAX_TEXT_LENGTH = 255;

/** RFC 3550 §6.5. A chunk or item that runs over the end is left out, with all after it. */
export function parseSourceDescription({ body, count }: RtcpBody): SourceDescription {
  const view = viewOf(body, 0, 'source description');
  const chunks: { ssrc: number; cname: string | undefined }[] = [];
  let at = 0;
  while (chunks.length < count && at + 4 <= body.length) {
    const ssrc = view.getUint32(at);
    let cname: string | undefined;
    at += 4;
    while (at + 1 < body.length && body[at] !== 0) {
      const end = at + 2 + (body[at + 1] ?? 0);
      if (body[at] === CNAME && end <= body.length) cname = readText(body.subarray(at + 2, end));
      at = end;
    }
    at = (Math.floor(at / 4) + 1) * 4; // at least one zero, then up to a multiple of 4
    chunks.push({ ssrc, cname });
  }
  return { type: 'sdes', chunks };
}

export function serializeSourceDescription({ chunks }: SourceDescription): RtcpBody {
  const count = checkedCount(chunks.length, 'source description');
  const texts = chunks.map(({ cname }) => (cname === undefined ? undefined : writeText(cname)));
  const lengths = texts.map(
    (text) => 4 + Math.ceil(((text === undefined ? 0 : 2 + text.length) + 1) / 4) * 4,
  );
  const { body, view } = newBody(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  chunks.forEach(({ ssrc }, index) => {
    const text = texts[index];
    view.setUint32(at, ssrc);
    if (text !== undefined) {
      body[at + 4] = CNAME;
      body[at + 5] = text.length;
      body.set(text, at + 6);
    }
    at += lengths[index] ?? 0;
  });
  return { packetType: PACKET_TYPE.sourceDescription, count, body };
}

/** RFC 3550 §6.6. */
export function parseGoodbye({ body, count }: RtcpBody): Goodbye {
  const view = viewOf(body, count * 4, 'goodbye');
  const ssrcs = Array.from({ length: count }, (_, index) => view.getUint32(index * 4));
  const at = count * 4;
  const length = body[at] ?? 0;
  const hasReason = length > 0 && at + 1 + length <= body.length;
  return {
    type: 'bye',
    ssrcs,
    reason: hasReason ? readText(body.subarray(at + 1, at + 1 + length)) : undefined,
  };
}

export function serializeGoodbye({ ssrcs, reason }: Goodbye): RtcpBody {
  const count = checkedCount(ssrcs.length, 'goodbye');
  const text = writeText(reason ?? '');
  const reasonLength = text.length === 0 ? 0 : Math.ceil((1 + text.length) / 4) * 4;
  const { body, view } = newBody(count * 4 + reasonLength);
  ssrcs.forEach((ssrc, index) => view.setUint32(index * 4, ssrc));
  if (text.length > 0) {
    body[count * 4] = text.length;
    body.set(text, count * 4 + 1);
  }
  return { packetType: PACKET_TYPE.goodbye, count, body };
}

/** RFC 3550 §6.7. */
export function parseApplication({ body, count }: RtcpBody): ApplicationDefined {
  const view = viewOf(body, 8, 'application packet');
  return {
    type: 'app',
    subtype: count,
    ssrc: view.getUint32(0),
    name: String.fromCharCode(...body.subarray(4, 8)),
    data: body.subarray(8),
  };
}

/** @throws {RangeError} A name that is not four one-byte characters, or data that is no multiple of 4 bytes. */
export function serializeApplication({ subtype, ssrc, name, data }: ApplicationDefined): RtcpBody {
  if (name.length !== 4 || data.length % 4 !== 0)
    throw new RangeError('Bad name or data of an application packet');
  const { body, view } = newBody(8 + data.length);
  view.setUint32(0, ssrc);
  for (let index = 0; index < 4; index += 1) body[4 + index] = name.charCodeAt(index);
  body.set(data, 8);
  return { packetType: PACKET_TYPE.application, count: checkedCount(subtype, 'application packet'), body };
}

function readText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** UTF-8, cut to what a length byte can say. */
function writeText(text: string): Uint8Array {
  return new TextEncoder().encode(text).subarray(0, MAX_TEXT_LENGTH);
}
