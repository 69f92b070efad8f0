import { z } from 'zod';

/** A name that can stand in an address and does not mean something else. */
const renditionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, 'must be 1 to 32 letters, digits, "-" or "_"')
  .refine(
    (name) => !['source', 'sub', 'auto', 'low', 'medium', 'high', 'ultra'].includes(name),
    'must not be source, sub, auto, low, medium, high or ultra, which have a meaning already',
  );

/** One rung of a ladder. */
const renditionConfig = z.strictObject({
  name: renditionName.optional().describe('What it is asked for by; the height and "p" where absent'),
  height: z.int().min(64).max(4320).describe('Pixels; the width follows'),
  bitrate: z.int().min(50_000).max(100_000_000).describe('Bits a second at most'),
  frameRate: z.number().min(1).max(120).optional().describe('Pictures a second at most'),
});

/** A ladder: names differ, best first or not. */
export const renditionList = z
  .array(renditionConfig)
  .max(8)
  .refine((list) => {
    const names = list.map(({ name, height }) => name ?? `${height}p`);
    return new Set(names).size === names.length;
  }, 'must not name two renditions alike');

/** FFmpeg's names of the H.264 encoders, by what people call the hardware. */
const hardwareName = z.enum(['auto', 'off', 'nvenc', 'qsv', 'vaapi', 'v4l2m2m']);

export const transcodeConfig = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether media is coded anew for who cannot take it as it is, or wants it smaller'),
  hardware: hardwareName
    .default('auto')
    .describe('Encoder of the pictures: the first that works, none but the processor, or this one'),
  renditions: renditionList
    .default([
      { height: 720, bitrate: 2_000_000 },
      { height: 480, bitrate: 1_000_000 },
      { height: 360, bitrate: 500_000 },
    ])
    .describe('Made on demand of every camera that is higher; made by nobody while nobody watches'),
});
