import sdpTransform from 'sdp-transform';
import type { RawConnection, RawSection } from 'sdp-transform';
import { serializeAttribute } from './parse-sdp.ts';
import type { SdpAttribute, SdpOrigin } from './session-description.ts';

/** An `m=` section to write; every `a=` line stands in `attributes`. */
export interface MediaToWrite {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly (string | number)[];
  /** Address of `c=`; none is written without it. */
  readonly connection?: string | undefined;
  readonly attributes: readonly SdpAttribute[];
}

/** A session description to write. */
export interface SessionToWrite {
  readonly origin: SdpOrigin;
  readonly name: string;
  /** Address of `c=`; none is written without it. */
  readonly connection?: string | undefined;
  readonly attributes: readonly SdpAttribute[];
  readonly medias: readonly MediaToWrite[];
}

/** Serializes a session description (RFC 8866 §5), lines ended by CRLF, line breaks inside of values taken out. */
export function serializeSdp(session: SessionToWrite): string {
  const { origin } = session;
  return sdpTransform.write({
    version: 0,
    origin: {
      username: oneLine(origin.username),
      sessionId: oneLine(origin.sessionId),
      sessionVersion: oneLine(origin.sessionVersion),
      netType: 'IN',
      ipVer: origin.addressType === 'IP6' ? 6 : 4,
      address: oneLine(origin.address),
    },
    name: oneLine(session.name) || '-',
    timing: { start: 0, stop: 0 },
    ...connectionAndAttributes(session),
    media: session.medias.map((media) => ({
      type: oneLine(media.kind),
      port: media.port,
      protocol: oneLine(media.protocol),
      payloads: oneLine(media.formats.join(' ')),
      rtp: [],
      fmtp: [],
      ...connectionAndAttributes(media),
    })),
  });
}

/** The library writes what it calls invalid as it is, in order: all attributes go that way. */
function connectionAndAttributes(part: SessionToWrite | MediaToWrite): RawSection {
  const invalid = part.attributes.map((attribute) => ({ value: oneLine(serializeAttribute(attribute)) }));
  return part.connection === undefined
    ? { invalid }
    : { invalid, connection: connectionOf(oneLine(part.connection)) };
}

function connectionOf(ip: string): RawConnection {
  return { version: ip.includes(':') ? 6 : 4, ip };
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ');
}
