/**
 * The realm of every challenge, of HTTP and RTSP. It goes into the secrets of digest authentication
 * (RFC 7616 §3.4.2: H(user:realm:password)), so that it never changes.
 */
export const ACCESS_REALM = 'Vedette';
