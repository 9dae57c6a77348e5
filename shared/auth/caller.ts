// Who asks, and how far they may go. The same whatever way they came in by.
import { oneLine } from '../mail/plain.ts';

/** A reader looks, an operator decides; whoever may decide may look. */
export const accesses = ['reader', 'operator'] as const;
export type Access = (typeof accesses)[number];

/** App roles of the sign-in application (infra/bicep/tenant.bicep). */
export const appRoles = { 'Responder.Reader': 'reader', 'Responder.Operator': 'operator' } as const;

export interface Caller {
  /** For the log of a run: one line, with the object id, since names can be chosen and are given to others later. */
  who: string;
  access: Access;
  /** How it is known who asks. A cookie goes along with whatever a browser sends, so only `sign-in` needs a look at where from. */
  by: 'key' | 'token' | 'sign-in';
}

/** Why nobody is let in, in a sentence for whoever asked; never anything of a token itself. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  /** `role`: it is known who asks, and that they may not. */
  readonly because: 'token' | 'role';

  constructor(message: string, because: TokenRefused['because'] = 'token') {
    super(message);
    this.because = because;
  }
}

/** Roles compare exactly, as Entra ID writes them. Throws TokenRefused where none is one of ours. */
export function callerWith(roles: readonly string[], who: string, by: Caller['by']): Caller {
  const held = Object.entries(appRoles).flatMap(([role, access]) => (roles.includes(role) ? [access] : []));
  const access = held.includes('operator') ? 'operator' : held[0];
  if (access !== undefined) return { who, access, by };
  throw new TokenRefused(
    `${who} has neither the role Responder.Operator nor Responder.Reader; an administrator gives it in Entra ID under Enterprise applications, Reclaim.`,
    'role',
  );
}

export const mayDo = (caller: Caller, needed: Access): boolean =>
  needed === 'reader' || caller.access === 'operator';

/** `adele@contoso.com (f5e829f5-…)`; an application has no name that it could not choose. */
export function nameOf(claims: {
  name: string | undefined;
  objectId: string | undefined;
  application: string | undefined;
}): string {
  const id = claims.objectId ?? 'no object id';
  const application = claims.application === undefined ? 'somebody' : `application ${claims.application}`;
  const name = claims.name ?? application;
  return oneLine(`${name.slice(0, 200)} (${id.slice(0, 60)})`);
}
