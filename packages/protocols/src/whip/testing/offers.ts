/**
 * Offers to receive as well-known peers make them, shortened to what differs: of the codecs, those
 * that matter here and one that does not.
 */

const FINGERPRINT =
  'sha-256 47:2D:B4:34:D5:B5:77:08:4C:E4:AE:2B:A5:EF:F4:C8:9C:41:9A:E8:45:83:E7:34:54:F6:E7:6D:2B:EC:39:0B';

function lines(...parts: readonly string[]): string {
  return `${parts.flatMap((part) => part.trim().split(/\n\s*/)).join('\r\n')}\r\n`;
}

const TRANSPORT = `
  a=ice-ufrag:8sXQ
  a=ice-pwd:cbEx7Dhr3QW5QkejIYgN1OI0
  a=ice-options:trickle
  a=fingerprint:${FINGERPRINT}
  a=setup:actpass`;

/** Chromium 140: no High profile, candidates behind mDNS names. */
export const CHROMIUM_OFFER = lines(
  `v=0
  o=- 8108585435763183482 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE 0 1
  a=extmap-allow-mixed
  a=msid-semantic: WMS
  m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 104 108 116 45
  c=IN IP4 0.0.0.0
  a=rtcp:9 IN IP4 0.0.0.0
  a=candidate:2245074553 1 udp 2113937151 5b1c7f8e-2b0f-4c5e-9e0e-3f5f5d8ad7b1.local 51234 typ host generation 0 network-cost 999`,
  TRANSPORT,
  `a=mid:0
  a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
  a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
  a=recvonly
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:96 VP8/90000
  a=rtcp-fb:96 nack
  a=rtpmap:97 rtx/90000
  a=fmtp:97 apt=96
  a=rtpmap:102 H264/90000
  a=rtcp-fb:102 goog-remb
  a=rtcp-fb:102 transport-cc
  a=rtcp-fb:102 ccm fir
  a=rtcp-fb:102 nack
  a=rtcp-fb:102 nack pli
  a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
  a=rtpmap:104 H264/90000
  a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
  a=rtpmap:108 H264/90000
  a=rtcp-fb:108 nack
  a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
  a=rtpmap:116 H264/90000
  a=rtcp-fb:116 ccm fir
  a=rtcp-fb:116 nack
  a=rtcp-fb:116 nack pli
  a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
  a=rtpmap:45 AV1/90000
  a=fmtp:45 level-idx=5;profile=0;tier=0
  m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13
  c=IN IP4 0.0.0.0
  a=rtcp:9 IN IP4 0.0.0.0`,
  TRANSPORT,
  `a=mid:1
  a=recvonly
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:111 opus/48000/2
  a=rtcp-fb:111 transport-cc
  a=fmtp:111 minptime=10;useinbandfec=1
  a=rtpmap:63 red/48000/2
  a=rtpmap:9 G722/8000
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=rtpmap:13 CN/8000`,
);

/** Firefox 140: mids as numbers, fingerprint and options at session level, its own SSRCs named. */
export const FIREFOX_OFFER = lines(
  `v=0
  o=mozilla...THIS_IS_SDPARTA-99.0 3465923418746521 0 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=fingerprint:${FINGERPRINT}
  a=group:BUNDLE 0 1
  a=ice-options:trickle
  a=msid-semantic:WMS *
  m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
  c=IN IP4 0.0.0.0
  a=recvonly
  a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
  a=ice-pwd:4f1bdc93a21fd3dbdd5ad7d9a2f9a39e
  a=ice-ufrag:0a1b2c3d
  a=mid:0
  a=rtcp-mux
  a=rtpmap:109 opus/48000/2
  a=rtpmap:9 G722/8000/1
  a=rtpmap:0 PCMU/8000
  a=rtpmap:8 PCMA/8000
  a=setup:actpass
  a=ssrc:1434342201 cname:{6a3c1b3e-0b54-4bb2-8ad4-2d9c1c3c0f55}
  m=video 9 UDP/TLS/RTP/SAVPF 120 126 97
  c=IN IP4 0.0.0.0
  a=recvonly
  a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
  a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
  a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1
  a=ice-pwd:4f1bdc93a21fd3dbdd5ad7d9a2f9a39e
  a=ice-ufrag:0a1b2c3d
  a=mid:1
  a=rtcp-fb:120 nack
  a=rtcp-fb:126 nack
  a=rtcp-fb:126 nack pli
  a=rtcp-fb:126 ccm fir
  a=rtcp-fb:126 goog-remb
  a=rtcp-mux
  a=rtcp-rsize
  a=rtpmap:120 VP8/90000
  a=rtpmap:126 H264/90000
  a=rtpmap:97 H264/90000
  a=setup:actpass
  a=ssrc:2870435142 cname:{6a3c1b3e-0b54-4bb2-8ad4-2d9c1c3c0f55}`,
);

/** Safari 18: High and Constrained Baseline, H.265, sendrecv where the page asked for nothing else. */
export const SAFARI_OFFER = lines(
  `v=0
  o=- 3141592653589793238 2 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE video0 audio0 data
  m=video 9 UDP/TLS/RTP/SAVPF 96 98 100 104
  c=IN IP4 0.0.0.0`,
  TRANSPORT,
  `a=mid:video0
  a=sendrecv
  a=rtcp-mux
  a=rtpmap:96 H264/90000
  a=rtcp-fb:96 nack pli
  a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f
  a=rtpmap:98 H264/90000
  a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
  a=rtpmap:100 H265/90000
  a=rtcp-fb:100 nack pli
  a=fmtp:100 level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST
  a=rtpmap:104 VP8/90000
  m=audio 9 UDP/TLS/RTP/SAVPF 111
  c=IN IP4 0.0.0.0`,
  TRANSPORT,
  `a=mid:audio0
  a=sendrecv
  a=rtcp-mux
  a=rtpmap:111 opus/48000/2
  a=fmtp:111 minptime=10;useinbandfec=1
  m=application 9 UDP/DTLS/SCTP webrtc-datachannel
  c=IN IP4 0.0.0.0`,
  TRANSPORT,
  `a=mid:data
  a=sctp-port:5000`,
);

/** GStreamer's `whepsrc`: no parameters for H.264, addresses in the offer, no rtcp-rsize. */
export const GSTREAMER_OFFER = lines(
  `v=0
  o=- 5738523447322211587 0 IN IP4 0.0.0.0
  s=-
  t=0 0
  a=ice-options:trickle
  a=group:BUNDLE video0 audio1
  m=video 9 UDP/TLS/RTP/SAVPF 101
  c=IN IP4 0.0.0.0
  a=setup:actpass
  a=ice-ufrag:qiUAC8cDuSJBpNfaVY0kz2N/1gGbQIWZ
  a=ice-pwd:T5H3lGLmY4QkT5bgNE3jZRkyP0QIGCvz
  a=rtcp-mux
  a=rtpmap:101 H264/90000
  a=rtcp-fb:101 nack
  a=rtcp-fb:101 nack pli
  a=mid:video0
  a=fingerprint:${FINGERPRINT.toLowerCase().replace('sha', 'SHA')}
  a=recvonly
  a=candidate:1 1 UDP 2015363327 192.168.1.20 40123 typ host
  a=candidate:2 1 TCP 1015021823 192.168.1.20 9 typ host tcptype active
  a=candidate:3 1 UDP 2015363583 fe80::21a:2bff:fe3c:4d5e 40124 typ host
  a=end-of-candidates
  m=audio 0 UDP/TLS/RTP/SAVPF 96
  c=IN IP4 0.0.0.0
  a=bundle-only
  a=setup:actpass
  a=rtcp-mux
  a=rtpmap:96 OPUS/48000/2
  a=mid:audio1
  a=recvonly`,
);

/** A native player on libdatachannel (OBS and others): one section, and it wants to be DTLS client. */
export const LIBDATACHANNEL_OFFER = lines(
  `v=0
  o=rtc 2876291744 0 IN IP4 127.0.0.1
  s=-
  t=0 0
  a=group:BUNDLE video
  a=ice-options:ice2,trickle
  a=fingerprint:${FINGERPRINT}
  m=video 9 UDP/TLS/RTP/SAVPF 96
  c=IN IP4 0.0.0.0
  a=mid:video
  a=recvonly
  a=rtcp-mux
  a=rtpmap:96 H264/90000
  a=rtcp-fb:96 nack
  a=fmtp:96 profile-level-id=640c1f;packetization-mode=1;level-asymmetry-allowed=1
  a=setup:active
  a=ice-ufrag:klx5
  a=ice-pwd:Y2a30ppmyZyLbwYRgIo5mC`,
);
