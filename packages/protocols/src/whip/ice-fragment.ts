import { ProtocolError } from '@vedette/media';
import { parseIceCandidate, type IceCandidate } from './ice-candidate.ts';
import { WEBRTC_OFFER_LIMITS } from './webrtc-offer.ts';

/** What a peer sends after its offer (RFC 8840 §9): further addresses of its own. */
export interface IceFragment {
  /** Credentials that the addresses go with; other ones than the offer's ask for an ICE restart. */
  readonly ufrag: string | undefined;
  readonly candidates: readonly IceCandidate[];
  readonly isEnd: boolean;
}

/**
 * Parses an `application/trickle-ice-sdpfrag` body (RFC 9725 §4.3.2). Candidates of no use to us are
 * left out, as are those over the limit.
 *
 * @throws {ProtocolError} `ERR_ICE_FRAGMENT`: it is none, or too long.
 */
export function parseIceFragment(text: string): IceFragment {
  if (text.length > WEBRTC_OFFER_LIMITS.length) {
    throw new ProtocolError('ERR_ICE_FRAGMENT', 'The fragment has more than 65,536 characters');
  }
  const attributes = text.split(/\r\n|\r|\n/).flatMap((line) => {
    const [, name, value = ''] = /^(a=[\w-]+|m=):?(.*)$/.exec(line.trim()) ?? [];
    return name === undefined ? [] : { name, value };
  });
  if (attributes.length === 0) {
    throw new ProtocolError('ERR_ICE_FRAGMENT', 'The body has no line of an SDP fragment');
  }
  const candidates = attributes
    .filter(({ name }) => name === 'a=candidate')
    .slice(0, WEBRTC_OFFER_LIMITS.candidates)
    .map(({ value }) => parseIceCandidate(value))
    .filter((candidate) => candidate !== undefined)
    .filter(({ component }) => component === 1);
  return {
    ufrag: attributes.find(({ name }) => name === 'a=ice-ufrag')?.value,
    candidates,
    isEnd: attributes.some(({ name }) => name === 'a=end-of-candidates'),
  };
}
