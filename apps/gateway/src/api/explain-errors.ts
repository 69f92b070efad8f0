import { NotPossibleError } from '../access/people/not-possible-error.ts';
import { TestsBusyError } from '../check-source/source-tests.ts';
import type { HttpApp } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';

const STATUS = { missing: 404, conflict: 409, invalid: 400 } as const;
const TITLE = { missing: 'Not found', conflict: 'Not possible', invalid: 'Bad request' } as const;
const SOON_S = 5;

/** Answers the refusals of what stands behind the routes of `app` as problems; other errors are passed on. */
export function explainErrors(app: HttpApp): void {
  app.setErrorHandler((error) => {
    throw explained(error);
  });
}

function explained(error: unknown): unknown {
  if (error instanceof NotPossibleError)
    return new HttpProblem(STATUS[error.kind], error.code, TITLE[error.kind], error.message);
  if (error instanceof TestsBusyError)
    return new HttpProblem(429, error.code, 'Too many requests', error.message, {
      headers: { 'retry-after': String(SOON_S) },
    });
  return error;
}
