import type { Carriage } from '../../transcode/carriage.ts';

/** What every WHIP server takes (RFC 7742 §5, RFC 7874 §3): in WebRTC pictures come in the order they are shown. */
export const WHIP_CARRIAGE: Carriage = { video: ['h264'], reorders: false, audio: ['opus'] };
