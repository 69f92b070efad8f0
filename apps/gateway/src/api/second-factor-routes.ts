import {
  passwordProof,
  problem,
  recoveryCodes as recoveryCodesAnswer,
  totpProof,
  totpSetup,
} from '@vedette/contract';
import { z } from 'zod';
import type { UserRecord, UserRecords } from '../access/login/user-records.ts';
import type { Login } from '../access/login/login.ts';
import type { RecoveryCodes } from '../access/login/recovery-codes.ts';
import { newTotp, totpStep, totpUrl } from '../access/login/totp.ts';
import type { HttpApp } from '../servers/http/http-app.ts';
import { HttpProblem } from '../servers/http/problems.ts';
import { confirmPassword } from './confirm-password.ts';
import type { LoginContext } from './login-context.ts';

export interface SecondFactorDependencies {
  readonly login: Login;
  readonly users: UserRecords;
  readonly recoveryCodes: RecoveryCodes;
  readonly now?: () => number;
}

const TOTP = '/api/v1/me/totp';
const REFUSALS = { 400: problem, 401: problem, 403: problem, 409: problem, 429: problem, 503: problem };

/** `/api/v1/me/totp…` and `/api/v1/me/recovery-codes`: the second factor. */
export function addSecondFactor(
  app: HttpApp,
  context: LoginContext,
  dependencies: SecondFactorDependencies,
): void {
  addSetUp(app, context, dependencies);
  addEnable(app, context, dependencies);
  addDisable(app, context, dependencies);
  addRecoveryCodes(app, context, dependencies);
}

function addSetUp(app: HttpApp, context: LoginContext, { login, users }: SecondFactorDependencies): void {
  app.post(
    TOTP,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Set up a second factor: a secret for an authenticator app',
        description: 'Nothing is asked for until a first code has enabled it. Needs the password.',
        tags: ['profile'],
        body: passwordProof,
        response: { 200: totpSetup, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      if (user.totp?.isEnabled === true) {
        throw new HttpProblem(
          409,
          'ERR_TOTP_ENABLED',
          'Second factor is on',
          'There is a second factor already: disable it first.',
        );
      }
      await confirmPassword(request, context, login, user, request.body.password);
      const totp = newTotp();
      await users.update(user.id, { totp });
      void reply.header('cache-control', 'no-store');
      return { secret: totp.secret, url: totpUrl(totp, user.name) };
    },
  );
}

function addEnable(
  app: HttpApp,
  context: LoginContext,
  { users, recoveryCodes, now = Date.now }: SecondFactorDependencies,
): void {
  app.post(
    `${TOTP}/enable`,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Enable the second factor with a first code',
        description: 'Answers with the recovery codes, this one time.',
        tags: ['profile'],
        body: totpProof,
        response: { 200: recoveryCodesAnswer, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      const { totp } = user;
      if (totp === undefined || totp.isEnabled) throw notSetUp(totp?.isEnabled === true);
      const lastStep = totpStep(totp.secret, request.body.code, now());
      if (lastStep === undefined) {
        throw new HttpProblem(
          403,
          'ERR_TOTP_WRONG',
          'Wrong code',
          'The code is wrong: is the clock of the phone right?',
        );
      }
      // The codes first: nobody is asked for a second factor who has nothing to fall back on.
      const codes = await recoveryCodes.renew(user.id);
      await users.update(user.id, { totp: { ...totp, isEnabled: true, lastStep } });
      context.record(request, 'totp.enabled', user);
      void reply.header('cache-control', 'no-store');
      return { codes };
    },
  );
}

function addDisable(
  app: HttpApp,
  context: LoginContext,
  { login, users, recoveryCodes }: SecondFactorDependencies,
): void {
  app.post(
    `${TOTP}/disable`,
    {
      config: { access: 'person' },
      schema: {
        summary: 'Disable the second factor; needs the password',
        tags: ['profile'],
        body: passwordProof,
        response: { 204: z.null(), ...REFUSALS },
      },
    },
    async (request, reply) => {
      const user = context.userOf(request);
      await confirmPassword(request, context, login, user, request.body.password);
      await users.update(user.id, { totp: null });
      await recoveryCodes.remove(user.id);
      context.record(request, 'totp.disabled', user);
      return reply.code(204).send(null);
    },
  );
}

function addRecoveryCodes(
  app: HttpApp,
  context: LoginContext,
  { login, recoveryCodes }: SecondFactorDependencies,
): void {
  app.post(
    '/api/v1/me/recovery-codes',
    {
      config: { access: 'person' },
      schema: {
        summary: 'New recovery codes, which void those before; needs the password',
        tags: ['profile'],
        body: passwordProof,
        response: { 200: recoveryCodesAnswer, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const user = requireTotp(context.userOf(request));
      await confirmPassword(request, context, login, user, request.body.password);
      const codes = await recoveryCodes.renew(user.id);
      context.record(request, 'totp.recoveryCodesMade', user);
      void reply.header('cache-control', 'no-store');
      return { codes };
    },
  );
}

function requireTotp(user: UserRecord): UserRecord {
  if (user.totp?.isEnabled !== true) throw notSetUp(false);
  return user;
}

function notSetUp(isEnabled: boolean): HttpProblem {
  return isEnabled
    ? new HttpProblem(409, 'ERR_TOTP_ENABLED', 'Second factor is on', 'There is a second factor already.')
    : new HttpProblem(409, 'ERR_TOTP_OFF', 'No second factor', 'Set a second factor up first.');
}
