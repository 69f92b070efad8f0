import { z } from 'zod';
import { cameraId, instant } from './camera.ts';

/** The schemes that a push's destination may have. */
export const PUSH_SCHEMES = [
  { pattern: /^rtmps?:\/\/[^\s/]+\/\S/i, example: 'rtmp://host/app/key' },
  { pattern: /^srt:\/\/[^\s/?]+:\d+/i, example: 'srt://host:8890?streamid=…' },
  { pattern: /^rtsps?:\/\/[^\s/]/i, example: 'rtsp://host/path' },
  { pattern: /^whip\+https?:\/\/[^\s/?#]/i, example: 'whip+https://host/path' },
] as const;

/** Where a camera is pushed to. Holds secrets: a stream key, a passphrase, a password. */
export const pushAddress = z
  .string()
  .max(4096)
  .refine((value) => PUSH_SCHEMES.some(({ pattern }) => pattern.test(value)), {
    error: `must be one of ${PUSH_SCHEMES.map(({ example }) => example).join(', ')}`,
  })
  .meta({ description: 'The destination', example: 'rtmp://live.example.org/app/STREAM-KEY' });

/** Name of a push: its id among those of its camera. */
export const pushName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 letters, digits, "-" or "_", starting with a letter or digit',
  );

/** When a push that is switched on runs. */
export const pushWhen = z.enum(['always', 'live', 'viewers', 'api']);
export type PushWhen = z.infer<typeof pushWhen>;

/** One entry of `push:` of a camera. */
export const pushConfig = z.strictObject({
  to: pushAddress.describe('The destination: RTMP(S), SRT, RTSP(S) or WHIP'),
  name: pushName.optional().describe('Its id in the API; push-1, push-2, … by position where absent'),
  quality: z.string().min(1).max(64).optional().describe('A rung of the ladder; the source where absent'),
  when: pushWhen
    .default('always')
    .describe(
      'always: the camera is kept connected for it. live: while the camera is live anyway. viewers: while ' +
        'somebody watches. api: once it is started by the API',
    ),
  enabled: z.boolean().default(true).describe('false: it is only listed'),
});
export type PushConfig = z.infer<typeof pushConfig>;

/** The id of the push at `index` of a camera's list. */
export function pushIdAt({ name }: Pick<PushConfig, 'name'>, index: number): string {
  return name ?? `push-${index + 1}`;
}

/** `push:` of a camera. */
export const pushList = z
  .array(pushConfig)
  .max(16)
  .default([])
  .superRefine((pushes, context) => {
    const taken = new Set<string>();
    for (const [index, push] of pushes.entries()) {
      const id = pushIdAt(push, index);
      if (taken.has(id))
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${id}" is there twice` });
      taken.add(id);
    }
  });

/** The state of a push, in terms that a person can act on. */
export const pushState = z
  .discriminatedUnion('name', [
    z
      .object({
        name: z.literal('idle'),
        since: instant,
        reason: z.enum(['off', 'camera', 'viewers']),
      })
      .meta({
        description: 'off: not started; camera, viewers: waits for the camera, or for somebody to watch',
      }),
    z.object({ name: z.literal('connecting'), since: instant, attempt: z.int().min(1) }),
    z.object({ name: z.literal('live'), since: instant }),
    z.object({
      name: z.literal('failed'),
      since: instant,
      code: z.string().meta({ description: 'Stable code of the fault', example: 'ERR_CONNECT_REFUSED' }),
      reason: z.string().meta({ description: 'One sentence: why' }),
      attempt: z.int().min(1),
      nextAttemptAt: instant.nullable().meta({ description: 'null: it has to be started again, or changed' }),
    }),
  ])
  .meta({ id: 'PushState' });
export type PushState = z.infer<typeof pushState>;

export const push = z
  .object({
    id: pushName.meta({ description: 'Id of the push, unique among those of its camera' }),
    cameraId,
    to: z.string().meta({
      description: 'The destination without what is secret in it: user, query, stream key',
      example: 'rtmp://live.example.org/app/…',
    }),
    quality: z.string().nullable(),
    when: pushWhen,
    enabled: z.boolean().meta({ description: 'Started: it runs whenever its rule says so' }),
    origin: z.enum(['file', 'api']).meta({ description: 'api: it lives until the gateway ends' }),
    state: pushState,
    bytes: z.int().min(0),
    dropped: z.int().min(0).meta({ description: 'Units left out because the destination was slow' }),
    queuedBytes: z.int().min(0),
  })
  .meta({ id: 'Push' });
export type Push = z.infer<typeof push>;

export const pushPage = z
  .object({ items: z.array(push), nextCursor: z.string().nullable() })
  .meta({ id: 'PushPage' });
export type PushPage = z.infer<typeof pushPage>;

/** Body of `POST /api/v1/cameras/{id}/pushes`. */
export const newPush = z
  .strictObject({
    to: pushAddress,
    name: pushName.optional(),
    quality: z.string().min(1).max(64).optional(),
    when: pushWhen.exclude(['api']).default('always'),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'NewPush' });
export type NewPush = z.input<typeof newPush>;

/** Body of `PATCH /api/v1/cameras/{id}/pushes/{pushId}`. */
export const pushChange = z
  .strictObject({
    enabled: z.boolean().meta({ description: 'true starts it, also one that has given up; false stops it' }),
  })
  .meta({ id: 'PushChange' });
