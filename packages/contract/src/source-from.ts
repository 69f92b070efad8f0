import { z } from 'zod';

/** What stands for the address of a camera whose address is fetched. */
export const FETCHED_SOURCE = 'fetched:';

/** How the address of a camera is got just before each connection: for addresses that are good for a while only. */
export const sourceFrom = z
  .strictObject({
    command: z
      .array(z.string().min(1).max(4096))
      .min(1)
      .max(64)
      .optional()
      .describe('A program and its arguments that prints an address that is good for a while'),
    url: z
      .string()
      .max(4096)
      .regex(/^https?:\/\/[^\s/]/i, 'must be an http or https address')
      .optional()
      .describe('In place of the command: answers with the address, as text or as JSON {"url": …}'),
    refreshSeconds: z
      .int()
      .min(10)
      .max(604_800)
      .optional()
      .describe('After so long a new address is fetched and connected to; absent: when the connection ends'),
  })
  .refine(
    ({ command, url }) => (command === undefined) !== (url === undefined),
    'needs either command or url',
  );
export type SourceFrom = z.infer<typeof sourceFrom>;
