// The parameters of an action in the body of its request.
import { isRow, type Row, TenantRefusal } from '../answers.ts';

/** Throws the refusal of a parameter that the action doesn't have. */
export function parametersOf(body: unknown, action: string, names: readonly string[]): Row {
  const given = isRow(body) ? body : {};
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return given;
  throw new TenantRefusal(
    400,
    'BadRequest',
    `The parameter '${unknown}' in the request payload is not a valid parameter for the operation '${action}'.`,
  );
}
