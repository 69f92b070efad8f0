import { z } from 'zod';

/** Problem details (RFC 9457); `code` is stable and safe to match on. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.string().regex(/^ERR_[A-Z0-9_]+$/),
    instance: z.string().optional(),
    field: z.string().optional().meta({ description: 'Which field was wrong, as a path' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
