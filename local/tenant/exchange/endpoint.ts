// Exchange Online's InvokeCommand: who may run which cmdlet, routing to a mailbox, paging by POST, and the shape of
// its errors (reverse-engineered in public: https://michev.info/blog/post/5822).
import { isRow, type Row, type TenantAnswer, TenantRefusal } from '../answers.ts';
import type { TenantRequest } from '../request.ts';
import type { Store } from '../store.ts';
import { blockedSenderCmdlets } from './blocked-senders.ts';
import { bind, type Cmdlet, cmdletRefusal } from './cmdlet.ts';
import { folderPermissionCmdlets } from './folder-permissions.ts';
import { inboxRuleCmdlets } from './inbox-rules.ts';
import { mailFlowCmdlets } from './mail-flow.ts';
import { mailboxOptionCmdlets } from './mailbox-options.ts';
import { mailboxCmdlets, requireMailbox } from './mailboxes.ts';
import { paged } from './page.ts';
import { permissionCmdlets } from './permissions.ts';
import { protocolCmdlets } from './protocols.ts';
import { recipientCmdlets } from './recipients.ts';
import { authorise, unknownCommand } from './rights.ts';
import { exchangeRoleCmdlets } from './role-assignments.ts';

export const allCmdlets: readonly Cmdlet[] = [
  ...mailboxCmdlets,
  ...mailboxOptionCmdlets,
  ...protocolCmdlets,
  ...inboxRuleCmdlets,
  ...recipientCmdlets,
  ...blockedSenderCmdlets,
  ...exchangeRoleCmdlets,
  ...permissionCmdlets,
  ...folderPermissionCmdlets,
  ...mailFlowCmdlets,
];

export interface ExchangeRequest extends TenantRequest {
  /** Directory roles and Exchange role groups of the app. */
  roles: readonly string[];
}

/** The cmdlet's name in the body, for faults and the record; undefined if there is none. */
export function cmdletNameIn(body: unknown): string | undefined {
  const input = isRow(body) ? body['CmdletInput'] : undefined;
  return isRow(input) && typeof input['CmdletName'] === 'string' ? input['CmdletName'] : undefined;
}

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
  service = { cmdlets: allCmdlets, authorise },
): TenantAnswer {
  const [, admin, version, tenantId, command, ...more] = request.path.split('/');
  if (admin !== 'adminapi' || version !== 'beta' || command !== 'InvokeCommand' || more.length > 0) {
    throw new TenantRefusal(404, 'NotFound', `No resource is found at ${request.path}.`, {
      exception: 'Microsoft.Exchange.Admin.OData.Core.ODataServiceException',
    });
  }
  if (request.method !== 'POST')
    throw new TenantRefusal(405, 'MethodNotAllowed', 'Only POST is allowed.', {
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
  const cmdlet = service.cmdlets.find((entry) => entry.name === name);
  const role = service.authorise(request.claims, request.roles, name, cmdlet !== undefined);
  allowed.permission = 'Exchange.ManageAsApp';
  allowed.role = role;
  if (!cmdlet) throw unknownCommand(name, false);
  const { Parameters: given = {} } = input;
  if (!isRow(given)) throw badRequest('Parameters must be an object.');
  const parameters = bind(cmdlet, given, store.file.app?.hiddenParameters?.[cmdlet.name]);
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
