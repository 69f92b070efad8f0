import { problem } from '@vedette/contract';
import type { ErrorCode } from '@vedette/media';
import type { HttpRoutes } from './http-app.ts';
import { HttpProblem } from './problems.ts';

export interface SwitchedOff {
  readonly method: 'GET' | 'POST';
  /** The address where there would be a service. */
  readonly url: string;
  readonly code: ErrorCode;
  /** As people know it. */
  readonly name: string;
}

/** Says of a service that it is switched off, so that players take another one at once. */
export function switchedOffRoutes({ method, url, code, name }: SwitchedOff): HttpRoutes {
  return async (app) => {
    await app.register(async (scope) => {
      await Promise.resolve();
      // What is sent along is not looked at, whatever it is.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null));
      const schema = { hide: true, response: { 404: problem } };
      scope.route({
        method,
        url,
        config: { access: 'public' },
        schema,
        handler: () => {
          throw new HttpProblem(404, code, 'Switched off', `${name} is switched off here.`);
        },
      });
    });
  };
}
