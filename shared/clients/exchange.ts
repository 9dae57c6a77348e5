// Exchange Online through the endpoint that Microsoft's own PowerShell module calls, because Graph has no forwarding, hidden
// rules or restricted senders. The endpoint is undocumented, so nothing in an answer is taken for granted. Parameters are
// built in cmdlet.ts.

import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type {
  CmdletOptions,
  CmdletParameters,
  ExchangeClient,
  ExchangePages,
  ExchangeReader,
} from '../model/clients.ts';
import { trimEnd } from '../model/text.ts';
import { bodyOf, readOf, shaped } from './answer.ts';
import { inputOf, namedIn, repeatable } from './cmdlet.ts';
import { createConcurrency } from './concurrency.ts';
import { exchangeFault } from './exchange-fault.ts';
import { allPages, eachPage } from './pages.ts';
import { type ClientOptions, createSender } from './send.ts';

const name = 'Exchange Online';
const service = {
  name,
  scope: 'https://outlook.office365.com/.default',
  rights:
    'Exchange.ManageAsApp, or a role that holds this cmdlet with all that it was given (Exchange Administrator, or an Exchange role group of its own)',
  hides: true,
  fault: exchangeFault,
};

const compliance = {
  ...service,
  name: 'Security & Compliance',
  scope: 'https://ps.compliance.protection.outlook.com/.default',
  rights: 'Exchange.ManageAsApp, or the role Compliance Administrator',
};

/** Exchange Online publishes no limit and delays an app that asks too much at once, so all callers share this one. */
const mostAtOnce = 3;

const warned = z.looseObject({ '@adminapi.warnings': z.array(z.string()) });

export interface BoundExchangeClient extends ExchangeClient, ExchangePages {
  /** The same client, with requests that end when the signal aborts. */
  withAbort(abort: AbortSignal): ExchangeClient & ExchangePages;
}

/**
 * Permission Exchange.ManageAsApp, and an Exchange role for each cmdlet
 * (https://learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2).
 */
export function createExchange(options: ClientOptions & { tenantId: string }): BoundExchangeClient {
  const { tenantId, log } = options;
  const inTurn = createConcurrency(mostAtOnce);
  const reach = (to: typeof service, baseUrl: string) => ({
    name: to.name,
    send: createSender(to, { ...options, baseUrl }),
    endpoint: `${trimEnd(baseUrl, '/')}/adminapi/beta/${tenantId}/InvokeCommand`,
  });
  const online = reach(service, options.baseUrl);
  const regions = new Map<string, typeof online>();
  function regional(baseUrl: string) {
    const { hostname, origin, protocol } = new URL(baseUrl);
    const microsofts = protocol === 'https:' && hostname.endsWith('.ps.compliance.protection.outlook.com');
    // A setting must not be able to send the token elsewhere.
    if (!microsofts && origin !== new URL(options.baseUrl).origin) {
      throw new PermanentError(`${baseUrl} is no address of ${compliance.name}; nothing was sent.`);
    }
    const known = regions.get(baseUrl) ?? reach(compliance, baseUrl);
    regions.set(baseUrl, known);
    return known;
  }
  const tenant = `APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenantId}`;

  function bind(abort: AbortSignal | undefined): BoundExchangeClient {
    function prepare(cmdlet: string, parameters: CmdletParameters, given: CmdletOptions) {
      const { anchor, select } = given;
      const { name, send, endpoint } = given.compliance === undefined ? online : regional(given.compliance);
      const body = JSON.stringify(inputOf(cmdlet, parameters));
      const whose = namedIn(parameters);
      const request = whose === undefined ? cmdlet : `${cmdlet} for ${whose}`;
      const post = async (url: string) => {
        const sending = () =>
          send({
            name: request,
            method: 'POST',
            url,
            headers: new Headers({
              'content-type': 'application/json; charset=utf-8',
              prefer: 'odata.maxpagesize=1000',
              'x-anchormailbox': anchor ?? tenant,
            }),
            body,
            repeatable: repeatable(cmdlet),
            goneIsDone: cmdlet.startsWith('Remove-'),
            abort,
          });
        const answer = await inTurn(sending, { urgent: !cmdlet.startsWith('Get-'), abort, name: request });
        const answered = (cmdlet.startsWith('Get-') ? readOf : bodyOf)(answer, name, request);
        for (const warning of warned.safeParse(answered).data?.['@adminapi.warnings'] ?? []) {
          log?.(`${name} warns on ${request}: ${warning.slice(0, 300)}`);
        }
        return answered;
      };
      const first = select === undefined ? endpoint : `${endpoint}?$select=${select.join(',')}`;
      return { name, request, first, post };
    }

    function listed<T>(
      cmdlet: `Get-${string}`,
      parameters: CmdletParameters,
      item: z.ZodType<T>,
      given: CmdletOptions,
    ) {
      if (!/^Get-\w+$/.test(cmdlet)) throw new PermanentError(`${cmdlet} is no cmdlet that only reads.`);
      const { name: service, request, first, post } = prepare(cmdlet, parameters, given);
      // The next page is read with the same POST, not with a GET; the sender checks only its origin.
      return { service, request, first, item, read: post, follow: (link: string) => link };
    }

    return {
      get: async (cmdlet, parameters, item, given = {}) =>
        await allPages(listed(cmdlet, parameters, item, given)),

      pages: (cmdlet, parameters, item, given = {}) => eachPage(listed(cmdlet, parameters, item, given)),

      async run(cmdlet, parameters, given = {}) {
        const { first, post } = prepare(cmdlet, parameters, given);
        await post(first);
      },

      withAbort: bind,
    };
  }
  return bind(undefined);
}

const owned = z.looseObject({ ExternalDirectoryObjectId: z.string() });

/**
 * Exactly the account's own mailbox: read by object id, and checked against it. Throws PermanentError otherwise, with status
 * 404 if the account has no mailbox in Exchange Online; then nothing may be written.
 */
export async function theMailbox<T>(
  exchange: ExchangeReader,
  account: Pick<Account, 'id' | 'userPrincipalName'>,
  select: readonly string[],
  schema: z.ZodType<T>,
  cmdlet: 'Get-Mailbox' | 'Get-CASMailbox' = 'Get-Mailbox',
): Promise<T> {
  const found = await exchange.get(cmdlet, { Identity: account.id }, owned, {
    anchor: account.userPrincipalName,
    select: [...new Set(['ExternalDirectoryObjectId', ...select])],
  });
  const [mailbox] = found;
  if (mailbox === undefined || found.length > 1) {
    throw new PermanentError(
      `${name} has ${found.length} mailboxes for ${account.userPrincipalName} (${account.id}), not one; nothing was written.`,
      found.length === 0 ? { status: 404 } : {},
    );
  }
  if (mailbox.ExternalDirectoryObjectId.toLowerCase() !== account.id.toLowerCase()) {
    throw new PermanentError(
      `${name} gave the mailbox of ${mailbox.ExternalDirectoryObjectId} for ${account.userPrincipalName} (${account.id}); nothing was written.`,
    );
  }
  return shaped(schema, mailbox, name, `${cmdlet} for ${account.id}`);
}
