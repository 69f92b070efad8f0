import type { FastifyRequest } from 'fastify';
import type { Login } from '../access/login/login.ts';
import type { UserRecord } from '../access/login/user-records.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import type { LoginContext } from './login-context.ts';

/**
 * Asked for before what would outlast a stolen session.
 *
 * @throws {HttpProblem} the password is not the user's.
 */
export async function confirmPassword(
  request: FastifyRequest,
  context: LoginContext,
  login: Login,
  user: UserRecord,
  password: string,
): Promise<void> {
  if (user.passwordHash === undefined) {
    throw new HttpProblem(
      409,
      'ERR_NO_PASSWORD',
      'No password',
      'This account logs in by single sign-on; an administrator can give it a password.',
    );
  }
  const refusal = await login.confirm(user, password, context.from(request));
  if (refusal === undefined) return;
  if (refusal.code !== 'ERR_LOGIN_FAILED') throw context.refused(request, refusal);
  // Not 401: he is logged in, and nothing is to make him log in anew.
  throw new HttpProblem(403, 'ERR_PASSWORD_WRONG', 'Wrong password', 'The password is wrong.');
}
