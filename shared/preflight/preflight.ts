// Preflight checks everything a run will need before there is one. It only reads. If a part fails as a whole, that is a
// finding, and the other parts are checked anyway.
import { z } from 'zod';
import type { SourceHealth } from '../alerts/source-health.ts';
import { toFailure } from '../errors.ts';
import type { ClientName, Readers } from '../model/clients.ts';
import type { Step } from '../model/step.ts';
import { accountFindings, type NamedLists } from './accounts.ts';
import { machineFindings } from './defender-reads.ts';
import { heldRoles, roleFindings, roleIds } from './directory-roles.ts';
import { exchangeFindings } from './exchange-reads.ts';
import { type Area, type Finding, findingSchema, warning } from './finding.ts';
import { graphFindings } from './graph-reads.ts';
import { licenceFindings } from './licences.ts';
import { type MailDeps, onCallFindings, senderFindings } from './mail.ts';
import { type OwnServices, ownFindings } from './own-services.ts';
import { type Needed, neededOf, permissionFindings } from './permissions.ts';
import { sourceFindings, stepFindings } from './settings.ts';
import { type Claims, claimsOf } from './token.ts';

export const reportSchema = z.object({
  /** ISO 8601. */
  at: z.string(),
  /** The worst of all. */
  is: findingSchema.shape.is,
  problems: z.number(),
  warnings: z.number(),
  checks: z.array(findingSchema),
});
export type PreflightReport = Readonly<z.infer<typeof reportSchema>>;

export interface PreflightDeps {
  /** What is declared for each client, and who needs it. */
  declared: Readonly<Record<ClientName, Needed>>;
  /** Permissions that are not granted beside one that covers them, by name. */
  coveredBy: Readonly<Record<string, string>>;
  playbook: readonly Pick<Step, 'name' | 'licences' | 'reaches'>[];
  /** Whether a step is on; true for anything that isn't a step. */
  isOn(user: string): boolean;
  /** Clients with a deadline of their own. */
  readers(): Readers;
  /** The app's token for a service. */
  token(client: ClientName): Promise<string>;
  settings: NamedLists & {
    MAIL_FROM: string;
    MAIL_TO: readonly string[];
    STEPS: Readonly<Record<string, unknown>>;
    NO_SIGNAL_HOURS: number;
  };
  health: Pick<SourceHealth, 'all'>;
  runOf: MailDeps['runOf'];
  own: OwnServices;
  now(): Date;
}

const names = {
  graph: 'Microsoft Graph',
  exchange: 'Exchange Online',
  defender: 'Defender for Endpoint',
} as const satisfies Record<ClientName, string>;

export async function preflight(deps: PreflightDeps): Promise<PreflightReport> {
  const needed = {
    graph: neededOf(deps.declared.graph, deps.coveredBy, deps.isOn),
    exchange: neededOf(deps.declared.exchange, {}, deps.isOn),
    defender: neededOf(deps.declared.defender, {}, deps.isOn),
  };
  const [granted, own, sources] = await Promise.all([
    microsoft365(deps, needed),
    part('app', () => ownFindings(deps.own)),
    part('app', () => sourceFindings(deps.health, deps.settings.NO_SIGNAL_HOURS, deps.now())),
  ]);
  const checks = [...granted, ...own, ...sources];
  const count = (is: Finding['is']) => checks.filter((finding) => finding.is === is).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const is = problems > 0 ? 'problem' : warnings > 0 ? 'warning' : 'ok';
  return { at: deps.now().toISOString(), is, problems, warnings, checks };
}

async function microsoft365(deps: PreflightDeps, needed: Record<ClientName, Needed>): Promise<Finding[]> {
  const { graph, exchange, defender } = deps.readers();
  const [ofGraph, ofExchange, ofDefender] = await Promise.all([
    tokenOf(deps, 'graph'),
    tokenOf(deps, 'exchange'),
    tokenOf(deps, 'defender'),
  ]);
  const forExchange = Object.values(needed.exchange).flat();
  const permissions = [
    { client: 'graph', needed: needed.graph, token: ofGraph },
    {
      client: 'exchange',
      needed: forExchange.length === 0 ? {} : { 'Exchange.ManageAsApp': [...new Set(forExchange)] },
      token: ofExchange,
    },
    { client: 'defender', needed: needed.defender, token: ofDefender },
  ] as const;
  const findings = permissions.flatMap(({ client, needed, token }) =>
    permissionFindings({
      name: names[client],
      needed,
      held: 'roles' in token ? token.roles : token,
      issuedAt: 'iat' in token && token.iat !== undefined ? new Date(token.iat * 1000) : null,
    }),
  );
  // Without a token nothing else can be checked, and that is already reported.
  if (!('roles' in ofGraph)) return findings;

  const held = ofGraph.roles;
  const mail = { graph, from: deps.settings.MAIL_FROM, to: deps.settings.MAIL_TO, held, runOf: deps.runOf };
  const roles = await settled('roles', () => heldRoles(graph, ofGraph));
  const { licensed, findings: licences } = await licenceFindings(graph, deps.playbook, deps.isOn);
  const from = await settled('mail', () => senderFindings(mail));
  const sender = 'value' in from ? from.value.sender : undefined;
  const [rest, cmdlets, machines] = await Promise.all([
    inTurn([
      () => part('mail', () => onCallFindings(mail)),
      () => part('accounts', () => accountFindings(graph, deps.settings)),
      () => part('accounts', () => stepFindings(graph, deps.settings.STEPS, deps.isOn)),
      async () =>
        sender === undefined
          ? []
          : part('graph', () =>
              graphFindings(graph, { sender, needed: needed.graph, held, licensed, now: deps.now() }),
            ),
    ]),
    sender === undefined || !('roles' in ofExchange) || !ofExchange.roles.includes('Exchange.ManageAsApp')
      ? []
      : part('exchange', () =>
          exchangeFindings(exchange, {
            sender,
            needed: needed.exchange,
            administers:
              'value' in roles &&
              (roles.value.has(roleIds.exchangeAdministrator) ||
                roles.value.has(roleIds.globalAdministrator)),
          }),
        ),
    'roles' in ofDefender && ofDefender.roles.some((role) => role.startsWith('Machine.Read'))
      ? part('defender', () => machineFindings(defender, needed.defender, licensed.defenderForEndpoint))
      : [],
  ]);
  return [
    ...findings,
    ...('value' in roles ? roleFindings(roles.value, deps.playbook, deps.isOn) : roles.findings),
    ...licences,
    ...('value' in from ? from.value.findings : from.findings),
    ...rest,
    ...cmdlets,
    ...machines,
  ];
}

async function tokenOf(deps: PreflightDeps, client: ClientName): Promise<Claims | { missing: string }> {
  try {
    return claimsOf(await deps.token(client)) ?? { missing: 'the token names no application' };
  } catch (thrown) {
    return { missing: toFailure(thrown).message };
  }
}

async function settled<T>(
  area: Area,
  work: () => Promise<T>,
): Promise<{ value: T } | { findings: Finding[] }> {
  try {
    return { value: await work() };
  } catch (thrown) {
    const what = `this could not be looked at as a whole: ${toFailure(thrown).message}`;
    const now = 'Correct its permissions as said above, or start preflight again later.';
    return { findings: [warning({ check: `part ${area}`, area, what }, now)] };
  }
}

async function part(area: Area, work: () => Promise<Finding[]>): Promise<Finding[]> {
  const done = await settled(area, work);
  return 'value' in done ? done.value : done.findings;
}

async function inTurn(parts: readonly (() => Promise<Finding[]>)[]): Promise<Finding[]> {
  const all: Finding[] = [];
  for (const one of parts) all.push(...(await one()));
  return all;
}
