export * from './ice-candidate.ts';
export * from './ice-fragment.ts';
export * from './viewing-plan.ts';
export * from './webrtc-answer.ts';
export { parseWebrtcOffer, WEBRTC_OFFER_LIMITS } from './webrtc-offer.ts';
export type { IceCredentials, OfferedFormat, OfferedSection, WebrtcOffer } from './webrtc-offer.ts';
export * from './webrtc-transport.ts';
export * from './whep-resource.ts';
