import { z } from 'zod';
import { accessConfig } from './access-config.ts';
import { setName } from './access.ts';
import { cameraId } from './camera.ts';
import { exposedListeners, listenHost, withHosts } from './listen-hosts.ts';
import { pushList } from './push.ts';
import { sourceAddress } from './source-address.ts';
import { FETCHED_SOURCE, sourceFrom } from './source-from.ts';
import { renditionList, transcodeConfig } from './transcode.ts';

const port = z.int().min(0).max(65_535);

const httpConfig = z
  .strictObject({
    host: listenHost,
    port: port.default(8080).describe('Dashboard, API, WHEP, HLS. 0 picks a free port.'),
    tls: z
      .enum(['off', 'files', 'self-signed'])
      .optional()
      .describe(
        'HTTPS in place of HTTP; files: certificate and key, the default where they are set; self-signed: one is made in dataDir',
      ),
    certificate: z
      .string()
      .optional()
      .describe('Path of a PEM certificate chain; read again when it changes'),
    key: z.string().optional().describe('Path of its PEM private key'),
    allowedOrigins: z
      .array(z.string())
      .default([])
      .describe('Other sites whose pages may call the API and play streams, e.g. https://example.org'),
    embedOrigins: z
      .array(z.string())
      .default(['*'])
      .describe('Sites that may show player pages (/live/CAM) in a frame; [] for none but this one'),
    trustedProxies: z
      .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
      .default([])
      .describe('Addresses or networks of proxies whose X-Forwarded-… headers count'),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    path: ['certificate'],
    error: 'a certificate needs its key, and a key its certificate',
  })
  .refine(({ tls, certificate }) => tls !== 'files' || certificate !== undefined, {
    path: ['tls'],
    error: 'files needs http.certificate and http.key',
  });

const rtspConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is this service at all'),
  host: listenHost,
  port: port.default(8554),
  tlsPort: port.default(8322).describe('RTSPS; listens where there is a certificate, here or of http'),
  certificate: z.string().optional().describe('Path of a PEM certificate chain; that of http where absent'),
  key: z.string().optional().describe('Path of its PEM private key'),
});

const rtmpConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is this service at all'),
  host: listenHost,
  port: port.default(1935),
  tlsPort: port.default(1936).describe('RTMPS; listens where there is a certificate, here or of http'),
  certificate: z.string().optional().describe('Path of a PEM certificate chain; that of http where absent'),
  key: z.string().optional().describe('Path of its PEM private key'),
});

const srtConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is this service at all'),
  host: listenHost,
  port: port.default(8890).describe('UDP, all cameras on this one port'),
  latencyMs: z
    .int()
    .min(20)
    .max(8000)
    .default(120)
    .describe('Time to repair losses in; the larger of both sides counts'),
  passphrase: z
    .string()
    .min(10)
    .max(79)
    .optional()
    .describe('Encrypts: callers must know it. 10 to 79 characters'),
  keyLength: z
    .union([z.literal(16), z.literal(24), z.literal(32)])
    .default(16)
    .describe('Bytes of the AES key'),
});

const webrtcConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is this service at all'),
  host: listenHost,
  port: port.default(8189).describe('ICE over UDP, everything on this one port'),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Processes that share the viewers; each takes a port of its own'),
  announcedAddresses: z
    .array(z.string())
    .default([])
    .describe('Further addresses to offer as candidates, e.g. the public one behind NAT'),
  playoutDelayMinMs: z
    .int()
    .min(0)
    .max(40_950)
    .default(0)
    .describe('0 on a good network; more smooths a bad one'),
  playoutDelayMaxMs: z
    .int()
    .min(0)
    .max(40_950)
    .default(0)
    .describe('The most that a player may wait to smooth'),
  iceServers: z
    .array(
      z.strictObject({
        urls: z.string(),
        username: z.string().optional(),
        credential: z.string().optional(),
      }),
    )
    .default([])
    .describe('STUN and TURN servers that players are told of'),
});

const hlsConfig = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether there is this service at all'),
  partDurationMs: z.int().min(100).max(2000).default(200).describe('Of a part of low-latency HLS'),
  segmentDurationMs: z
    .int()
    .min(500)
    .max(10_000)
    .default(2000)
    .describe('The least; a segment ends at the next random access point'),
});

const pushSectionConfig = z.strictObject({
  privateNetworks: z
    .boolean()
    .default(false)
    .describe('Whether pushes made by the API may lead into private networks; those of this file may'),
});

/** What is set for a camera, wherever it is set. */
export const cameraSettings = z.strictObject({
  name: z.string().min(1).max(200).optional().describe('What people see; the id where absent'),
  transport: z
    .enum(['auto', 'tcp', 'udp', 'multicast'])
    .default('auto')
    .describe('auto: TCP, then UDP where the camera refuses it'),
  tlsFingerprint: z
    .string()
    .regex(
      /^(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/,
      'must be a SHA-256 fingerprint, 32 hex pairs with colons',
    )
    .optional()
    .describe('Accept exactly this certificate from an rtsps camera (self-signed ones)'),
  tlsInsecure: z.boolean().default(false).describe('Accept any certificate from an rtsps camera'),
  sources: z
    .strictObject({
      sub: sourceAddress
        .refine((address) => address !== 'publish', 'must be an address')
        .optional()
        .describe('The smaller stream that the camera makes itself: none of its size or below is made then'),
    })
    .optional(),
  renditions: renditionList
    .optional()
    .describe('Smaller versions, in place of those of transcode.renditions; [] for none'),
  onDemand: z.boolean().default(false).describe('Connect only while somebody watches'),
  overridePublisher: z.boolean().default(true).describe('A new publisher takes over from the present one'),
});

const setNames = z.array(setName).max(100).default([]);

/** One camera of `cameras:`. */
export const cameraConfig = z
  .strictObject({
    source: sourceAddress
      .optional()
      .transform((address) => address ?? FETCHED_SOURCE)
      .describe('Where it comes from: an address, or "publish"; else sourceFrom'),
    sourceFrom: sourceFrom.optional(),
    ...cameraSettings.shape,
    groups: setNames.describe('Groups that it belongs to: permissions may be granted for them'),
    zones: setNames.describe('Zones that it belongs to, as groups'),
    push: pushList.describe('Where it is sent on to, as soon and as long as each entry says'),
  })
  .refine(({ source, sourceFrom: from }) => (source === FETCHED_SOURCE) === (from !== undefined), {
    path: ['source'],
    error: 'each camera needs either source or sourceFrom',
  });
export type CameraConfig = z.infer<typeof cameraConfig>;

/** `cameras:` holds the cameras by id, and beside them `autoCreate`. */
const camerasConfig = z
  .looseObject({
    autoCreate: z.boolean().default(false).describe('Publishing to an unknown name creates the camera'),
  })
  .transform(({ autoCreate, ...declared }, context) => {
    const byId: Record<string, CameraConfig> = {};
    for (const [id, value] of Object.entries(declared)) {
      const checkedId = cameraId.safeParse(id);
      if (!checkedId.success) {
        context.addIssue({
          code: 'custom',
          path: [id],
          message: `camera id ${checkedId.error.issues[0]?.message ?? ''}`,
        });
        continue;
      }
      const checked = cameraConfig.safeParse(value);
      if (checked.success) byId[id] = checked.data;
      else
        for (const issue of checked.error.issues) context.addIssue({ ...issue, path: [id, ...issue.path] });
    }
    return { autoCreate, byId };
  });

const sections = z.strictObject({
  access: accessConfig.prefault({}),
  dataDir: z
    .string()
    .default('./data')
    .describe('Where Vedette keeps what it writes: compiled code of its workers, so far'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address')
    .optional()
    .describe('PostgreSQL to keep people, tokens and the audit log in; a file in dataDir where absent'),
  redisUrl: z
    .string()
    .regex(/^rediss?:\/\//, 'must be a redis:// address')
    .optional()
    .describe('Redis to count rate limits in, where several gateways share them'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('JSON lines on standard output'),
  demo: z.boolean().default(true).describe('The demo camera, made while somebody watches it'),
  http: httpConfig.prefault({}),
  rtsp: rtspConfig.prefault({}),
  rtmp: rtmpConfig.prefault({}),
  srt: srtConfig.prefault({}),
  webrtc: webrtcConfig.prefault({}),
  hls: hlsConfig.prefault({}),
  transcode: transcodeConfig.prefault({}),
  push: pushSectionConfig.prefault({}),
  cameras: camerasConfig.prefault({}),
});

/** The whole configuration: file, environment and flags are all checked against this. */
export const config = sections
  .superRefine((site, context) => {
    for (const { listener, message } of exposedListeners(site)) {
      context.addIssue({ code: 'custom', path: [listener, 'host'], message });
    }
  })
  .transform((site) => withHosts(site));
export type Config = z.infer<typeof config>;

/** Keys whose values carry secrets: never printed. */
export const secretKeys: ReadonlySet<string> = new Set([
  'source',
  'push',
  'to',
  'credential',
  'sub',
  'key',
  'passphrase',
  'clientSecret',
  'databaseUrl',
  'redisUrl',
]);
