// Answers and refusals as Responses, each service in its own shape: Microsoft Graph's error object, Exchange's with
// the class of the exception inside (both are parsed by clients, so their shape is part of the simulation).
import { isRow, type TenantAnswer, TenantRefusal } from './answers.ts';
import type { Fault } from './faults.ts';
import type { Service } from './identity.ts';
import { guidOf } from './ids.ts';

/** Security & Compliance answers as Exchange does. */
const isExchange = (service: Service) => service === 'exchange' || service === 'compliance';

const busy = 'Microsoft.Exchange.Data.Directory.ServerBusyException';
const bySentence: readonly (readonly [RegExp, string])[] = [
  [/^A parameter cannot be found/, 'System.Management.Automation.ParameterBindingException'],
  [/^The term '.*' is not recognized/, 'System.Management.Automation.CommandNotFoundException'],
  [/couldn't be found on '/, 'Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException'],
];

/** For a fault that gives Exchange's own message without an exception: the exception that goes with it. */
const exceptionOf = (status: number, message: string): string =>
  bySentence.find(([sentence]) => sentence.test(message))?.[1] ??
  ([429, 503, 504].includes(status) ? busy : 'System.Exception');

/** The refusal that a fault of the file stands for. */
export function refusalOf(fault: Fault, service: Service): TenantRefusal {
  const status = fault.status ?? 429;
  const codes: Readonly<Record<number, string>> = {
    429: service === 'graph' ? 'TooManyRequests' : 'ServerBusyException',
    500: 'InternalServerError',
    502: 'BadGateway',
    503: 'ServiceUnavailable',
    504: 'GatewayTimeout',
  };
  return new TenantRefusal(
    status,
    fault.code ?? codes[status] ?? 'UnknownError',
    fault.message ?? (status === 429 ? 'Too many requests' : 'The request failed.'),
    {
      headers: fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) },
      ...(isExchange(service)
        ? { exception: fault.exception ?? exceptionOf(status, fault.message ?? '') }
        : {}),
    },
  );
}

/** The refusal in the shape of the service that refuses. Whatever else was thrown is a bug here, and says so with 500. */
export function refused(
  thrown: unknown,
  service: Service,
  requestId: string,
  headers: Headers,
  now: Date,
): TenantAnswer {
  const refusal =
    thrown instanceof TenantRefusal
      ? thrown
      : new TenantRefusal(
          500,
          'SimulationFailed',
          `The simulated tenant failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}`,
        );
  const { status, code, message, exception } = refusal;
  if (isExchange(service)) {
    if (exception === '' || status === 401) return { status, headers: refusal.headers };
    return {
      status,
      headers: refusal.headers,
      body: {
        error: {
          code,
          message: 'Error executing cmdlet',
          details: [
            {
              code: 'Context',
              target: '',
              message: `Ex${guidOf(message).slice(0, 6).toUpperCase()}|${exception ?? 'System.Exception'}|${message}`,
            },
          ],
          innererror: {
            message: 'Error executing cmdlet',
            type: 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
            internalexception: { message, type: exception ?? 'System.Exception' },
          },
        },
      },
    };
  }
  const clientRequestId = headers.get('client-request-id') ?? requestId;
  return {
    status,
    headers: refusal.headers,
    body: {
      error: {
        code,
        message,
        innerError: {
          date: now.toISOString().slice(0, 19),
          'request-id': requestId,
          'client-request-id': clientRequestId,
        },
      },
    },
  };
}

/** A list as Graph answers it when a provider behind it is too slow: 206, a Warning, and no entries. */
export const partOf = ({ body }: TenantAnswer): TenantAnswer => ({
  status: 206,
  headers: { warning: '199 - "Microsoft/Microsoft Defender/504/10000"' },
  body: { ...(isRow(body) ? { '@odata.context': body['@odata.context'] } : {}), value: [] },
});

export function respond(answer: TenantAnswer, requestId: string): Response {
  const headers = new Headers(answer.headers);
  if (requestId) headers.set('request-id', requestId);
  if (answer.body === undefined) return new Response(null, { status: answer.status, headers });
  headers.set('content-type', 'application/json; odata.metadata=minimal; charset=utf-8');
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}
