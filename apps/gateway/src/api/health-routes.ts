import { z } from 'zod';
import type { Metrics } from '../observability/metrics.ts';
import type { HttpRoutes } from '../servers/http/http-app.ts';

export interface HealthDependencies {
  readonly metrics: Metrics;
  /** What is not ready yet or any more, a sentence each; empty when all is well. */
  readonly unready: () => readonly string[];
  /** What is missing that viewers can do without, a sentence each. */
  readonly impaired: () => readonly string[];
}

/** `/healthz` (the process answers), `/readyz` (it can take viewers), `/metrics` (Prometheus). */
export function healthRoutes({ metrics, unready, impaired }: HealthDependencies): HttpRoutes {
  return async (app) => {
    await Promise.resolve();
    const status = z.object({ status: z.enum(['ok', 'unready']), reasons: z.array(z.string()).optional() });
    app.get(
      '/healthz',
      {
        config: { access: 'public' },
        schema: { summary: 'Alive', tags: ['monitoring'], response: { 200: status } },
      },
      () => ({ status: 'ok' as const }),
    );
    app.get(
      '/readyz',
      {
        config: { access: 'public' },
        schema: {
          summary: 'Ready for viewers',
          tags: ['monitoring'],
          response: { 200: status, 503: status },
        },
      },
      async (_request, reply) => {
        const reasons = [...unready(), ...impaired()];
        const isReady = unready().length === 0;
        if (isReady)
          return reply.send({ status: 'ok' as const, ...(reasons.length === 0 ? {} : { reasons }) });
        return reply.code(503).send({ status: 'unready' as const, reasons });
      },
    );
    app.get(
      '/metrics',
      {
        config: { access: { site: 'monitor' } },
        schema: {
          summary: 'Metrics for Prometheus',
          description: 'Prometheus shows an API key that may `monitor`, as Bearer.',
          tags: ['monitoring'],
        },
      },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
    );
  };
}
