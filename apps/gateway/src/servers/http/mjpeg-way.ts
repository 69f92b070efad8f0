import { z } from 'zod';
import type { FanoutSinks } from '../../sinks/fanout.ts';
import type { FittedStreams } from '../../transcode/fitted-streams.ts';
import { JPEG_PRESETS } from '../../transcode/jpeg-presets.ts';
import type { EndlessViewingOptions } from './endless-viewing.ts';
import { HttpProblem } from './problems.ts';

const query = z.object({
  quality: z.enum(['low', 'medium', 'high', 'ultra']).default('medium'),
  fps: z.coerce.number().int().min(1).max(60).optional(),
  w: z.coerce.number().int().min(16).max(3840).optional(),
});

/** The sinks of a frame rate at most. */
export interface SinksByRate {
  at(framesPerSecond: number): FanoutSinks;
}

/** The way of viewers of MJPEG: `?quality=low|medium|high|ultra`, and below it `fps=` and `w=`. */
export function mjpegWay(
  fitter: Pick<FittedStreams, 'asJpegs'>,
  sinks: SinksByRate,
): EndlessViewingOptions['way'] {
  return (asked) => {
    const parsed = query.safeParse(asked);
    if (!parsed.success) throw badQuery(parsed.error);
    const { quality, fps, w } = parsed.data;
    const preset = JPEG_PRESETS[quality];
    const wish = {
      ...preset,
      width: Math.min(preset.width, w ?? preset.width),
      framesPerSecond: Math.min(preset.framesPerSecond, fps ?? preset.framesPerSecond),
    };
    return { fit: (stream) => fitter.asJpegs(stream, wish), sinks: sinks.at(wish.framesPerSecond) };
  };
}

function badQuery({ issues: [first] }: z.ZodError): HttpProblem {
  const field = String(first?.path[0] ?? 'query');
  return new HttpProblem(400, 'ERR_BAD_REQUEST', 'Bad request', `${field}: ${first?.message ?? 'invalid'}`, {
    field,
  });
}
