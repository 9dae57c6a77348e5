// What Exchange Online says when it refuses. The HTTP status says little (a missing object was seen as 400, 404 and 500), so
// the type of the exception decides, never its translated message.
import { z } from 'zod';
import type { Fault } from './refusal.ts';

/** The object, member or permission does not exist. */
const missing = new Set([
  'ManagementObjectNotFoundException',
  'ADNoSuchObjectException',
  'MemberNotFoundException',
  'UserNotFoundInPermissionEntryException',
]);

const said = z.looseObject({ message: z.string().optional(), type: z.string().optional() });
const inner = said.extend({ internalexception: said.optional(), internalException: said.optional() });
const errorSchema = z.looseObject({
  error: z.looseObject({
    code: z.string().optional(),
    message: z.string().optional(),
    details: z.array(said).optional(),
    innererror: inner.optional(),
    innerError: inner.optional(),
  }),
});

/** "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The operation …" */
const piped = /^\s*\w*\|([\w.]+)\|\s*([\s\S]*)$/;
const shortName = (type: string | undefined) => type?.split('.').at(-1);

/** Exchange hides whatever the app's role doesn't hold, a cmdlet or one of its parameters: a 400 that means a 403. */
const hidden = new Set(['CommandNotFoundException', 'ParameterBindingException']);

/** A server or domain controller is busy or gone for a moment; seen with 400 and 403 as well as with 500. */
const passing = /(Transient|ServerBusy|OverBudget|ResourceUnhealthy)Exception$/;

/** These only say that something failed. */
const generic = new Set(['ODataServiceException', 'Exception']);

const meantBy = (exception: string) => {
  if (missing.has(exception)) return 404;
  if (passing.test(exception)) return 503;
  return hidden.has(exception) ? 403 : undefined;
};

/** A 403 often has no body, but the reason in a header. */
const diagnosed = /reason\s*=\s*"([^"]*)"/;

export function exchangeFault(body: unknown, headers: Headers): Fault {
  const error = errorSchema.safeParse(body).data?.error;
  const nested = error?.innererror ?? error?.innerError;
  const cause = nested?.internalexception ?? nested?.internalException;
  const details = error?.details?.map(({ message }) => message).filter(Boolean);
  const text = (details?.length ? details.join('; ') : undefined) ?? cause?.message ?? error?.message;
  const [, type, rest] = piped.exec(text ?? '') ?? [];
  const exception = [type, cause?.type, nested?.type]
    .map(shortName)
    .find((short) => short !== undefined && !generic.has(short));
  const diagnostics = headers.get('x-ms-diagnostics') ?? undefined;
  return {
    code: exception ?? error?.code,
    message: rest ?? text ?? diagnosed.exec(diagnostics ?? '')?.[1] ?? diagnostics,
    status: exception === undefined ? undefined : meantBy(exception),
  };
}
