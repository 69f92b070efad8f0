import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Database } from '../../store/schema.ts';

/** Somebody whom entries may name. */
export interface Person {
  /** Id of the user; stays, and names nobody once the user is gone. */
  readonly id: string;
  /** In lower case; `undefined` where only his id is known any more. */
  readonly name: string | undefined;
}

/** Which entries are about a person: what he did, by himself or with a token of his, and what was done to him. */
export function isAbout({
  id,
  name,
}: Person): (eb: ExpressionBuilder<Database, 'audit'>) => Expression<SqlBool> {
  return (eb) =>
    eb.or([
      eb('userId', '=', id),
      eb('target', '=', id),
      eb('detail', 'like', `%"${id}"%`),
      // Where it is about a camera, a target of this name is something else.
      ...(name === undefined ? [] : [eb.and([eb('target', '=', name), eb('cameraId', 'is', null)])]),
    ]);
}
