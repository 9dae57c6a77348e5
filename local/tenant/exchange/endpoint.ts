// Exchange Online's InvokeCommand: who may run which cmdlet, routing to a mailbox, paging by POST, and the shape of
// its errors (reverse-engineered in public: https://michev.info/blog/post/5822).
import { type Answer, isRow, Refusal, type Row } from '../answers.ts';
import type { Claims } from '../identity.ts';
import type { Store } from '../store.ts';
import { blockedSenderCmdlets } from './blocked-senders.ts';
import { bind, type Cmdlet, cmdletRefusal } from './cmdlet.ts';
import { inboxRuleCmdlets } from './inbox-rules.ts';
import { mailboxCmdlets, requireMailbox } from './mailboxes.ts';
import { recipientCmdlets } from './recipients.ts';

export const cmdlets: readonly Cmdlet[] = [
  ...mailboxCmdlets,
  ...inboxRuleCmdlets,
  ...recipientCmdlets,
  ...blockedSenderCmdlets,
];

export interface ExchangeRequest {
  method: string;
  url: URL;
  base: string;
  path: string;
  headers: Headers;
  body: unknown;
  claims: Claims;
  /** Directory roles and Exchange role groups of the app. */
  roles: readonly string[];
}

const blocked = 'BlockedSenderAddress$';
/** What a role of the app lets it run. */
const reach: Readonly<Record<string, RegExp>> = {
  'Exchange Administrator': /./,
  'Global Administrator': /./,
  'Organization Management': /./,
  'Exchange Recipient Administrator': new RegExp(`^(Get|Set|Enable|Disable|Add|Remove|New)-(?!${blocked})`),
  'Recipient Management': new RegExp(`^(Get|Set|Enable|Disable|Add|Remove|New)-(?!${blocked})`),
  'Security Administrator': new RegExp(`^(Get-(?!InboxRule)|Remove-${blocked})`),
  'Global Reader': /^Get-(?!InboxRule$)/,
  'Security Reader': /^Get-(?!InboxRule$)/,
  'View-Only Organization Management': /^Get-(?!InboxRule$)/,
};

/** The name in the body, for faults and the record; undefined where the request holds none. */
export function cmdletNameIn(body: unknown): string | undefined {
  const input = isRow(body) ? body['CmdletInput'] : undefined;
  return isRow(input) && typeof input['CmdletName'] === 'string' ? input['CmdletName'] : undefined;
}

function authorise(request: ExchangeRequest, name: string): string {
  const { claims, roles } = request;
  if (!claims.roles.includes('Exchange.ManageAsApp')) {
    throw new Refusal(403, '', '', {
      exception: '',
      headers: {
        'x-ms-diagnostics': `2000012;reason="The token contains no role 'Exchange.ManageAsApp' for application ${claims.appid}.";error_category="invalid_role"`,
      },
    });
  }
  const usable = roles.filter((role) => role in reach);
  if (usable.length === 0) {
    throw cmdletRefusal(
      403,
      'Forbidden',
      'Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException',
      `[AuthZ-CmdletAccessDeniedException] The role assigned to application ${claims.appid} isn't supported in this scenario. Please check online documentation for assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication.`,
    );
  }
  const role = usable.find((held) => reach[held]?.test(name));
  if (role === undefined || !cmdlets.some((cmdlet) => cmdlet.name === name)) throw unknownCommand(name);
  return role;
}

const unknownCommand = (name: string) =>
  cmdletRefusal(
    400,
    'BadRequest',
    'System.Management.Automation.CommandNotFoundException',
    `The term '${name}' is not recognized as the name of a cmdlet, function, script file, or executable program.`,
  );
const badRequest = (message: string) =>
  cmdletRefusal(400, 'BadRequest', 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException', message);

/** The mailbox a request is anchored to; null for the tenant's system mailbox. */
function anchorOf(request: ExchangeRequest): string | null {
  const header = request.headers.get('x-anchormailbox') ?? '';
  if (header === '') throw badRequest('The header X-AnchorMailbox is missing.');
  const name = header.replace(/^(UPN|SMTP|APP):/i, '');
  if (/^SystemMailbox\{[0-9a-f-]+\}@/i.test(name)) return null;
  return name;
}

const needsProxy = () =>
  cmdletRefusal(
    400,
    'BadRequest',
    'Microsoft.Exchange.Configuration.CmdletProxy.CmdletProxyException',
    'Cmdlet needs proxy: the request was routed to another mailbox than the one it is about.',
  );

function checkAnchor(cmdlet: Cmdlet, parameters: Row, anchor: string | null, store: Store): void {
  if (anchor !== null) requireMailbox(store.file, anchor);
  if (!cmdlet.inMailbox) return;
  const about = parameters['Mailbox'] ?? String(parameters['Identity'] ?? '').split('\\')[0];
  if (about === undefined || about === '') return;
  if (anchor === null || requireMailbox(store.file, anchor).user !== requireMailbox(store.file, about).user)
    throw needsProxy();
}

/** Runs the cmdlet of one request. */
export function answerExchange(
  store: Store,
  request: ExchangeRequest,
  allowed: { permission: string | null; role: string | null },
): Answer {
  const [, admin, version, tenantId, command, ...more] = request.path.split('/');
  if (admin !== 'adminapi' || version !== 'beta' || command !== 'InvokeCommand' || more.length > 0) {
    throw new Refusal(404, 'NotFound', `No resource is found at ${request.path}.`, {
      exception: 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
    });
  }
  if (request.method !== 'POST')
    throw new Refusal(405, 'MethodNotAllowed', 'Only POST is allowed.', {
      exception: 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
    });
  if (tenantId !== request.claims.tid) {
    throw cmdletRefusal(
      403,
      'Forbidden',
      'System.UnauthorizedAccessException',
      `The token is not of the tenant ${tenantId}.`,
    );
  }
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw badRequest('The Content-Type must be application/json.');
  const name = cmdletNameIn(request.body);
  const input = isRow(request.body) ? request.body['CmdletInput'] : undefined;
  if (name === undefined || !isRow(input))
    throw badRequest('The request body must hold CmdletInput with a CmdletName.');
  const role = authorise(request, name);
  allowed.permission = 'Exchange.ManageAsApp';
  allowed.role = role;
  const cmdlet = cmdlets.find((entry) => entry.name === name);
  if (!cmdlet) throw unknownCommand(name);
  const { Parameters: given = {} } = input;
  if (!isRow(given)) throw badRequest('Parameters must be an object.');
  const parameters = bind(cmdlet, given);
  const anchor = anchorOf(request);
  checkAnchor(cmdlet, parameters, anchor, store);
  const warnings: string[] = [];
  const rows = cmdlet.run({
    store,
    file: store.read(),
    parameters,
    claims: request.claims,
    anchor,
    warn: (text) => warnings.push(text),
  });
  return paged(request, store, cmdlet, rows, warnings);
}

const linkMinutes = 10;

function paged(
  request: ExchangeRequest,
  store: Store,
  cmdlet: Cmdlet,
  rows: Row[],
  warnings: readonly string[],
): Answer {
  const size = Number(/odata\.maxpagesize=(\d+)/.exec(request.headers.get('prefer') ?? '')?.[1] ?? 1000);
  const token = request.url.searchParams.get('$skiptoken');
  const [offset = 0, issued = 0] =
    token === null ? [] : Buffer.from(token, 'base64url').toString().split(':').map(Number);
  const now = store.now().getTime();
  if (token !== null && now - issued > linkMinutes * 60_000) {
    throw cmdletRefusal(
      404,
      'NotFound',
      'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
      'The next link has expired.',
    );
  }
  const select = request.url.searchParams
    .get('$select')
    ?.split(',')
    .map((name) => name.trim());
  const page = rows.slice(offset, offset + Math.min(size, 1000));
  const end = offset + page.length;
  const link = new URL(request.url);
  link.searchParams.set('$skiptoken', Buffer.from(`${end}:${now}`).toString('base64url'));
  const shown = select
    ? page.map((row) =>
        Object.fromEntries(select.filter((name) => name in row).map((name) => [name, row[name]])),
      )
    : page;
  const annotations = warnings.length > 0 ? { '@adminapi.warnings': warnings } : {};
  if (!cmdlet.name.startsWith('Get-'))
    return { status: 200, ...(warnings.length > 0 ? { body: { value: [], ...annotations } } : {}) };
  return {
    status: 200,
    body: {
      '@odata.context': `${request.base}${request.path.replace(/\/InvokeCommand$/, '')}/$metadata#Collection(Exchange.GenericHashTable)`,
      ...annotations,
      ...(end < rows.length ? { '@odata.nextLink': `${request.base}${request.path}${link.search}` } : {}),
      value: shown,
    },
  };
}
