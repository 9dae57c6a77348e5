// The mail of every scenario as on-call gets it: short, free of contradictions, and every order can be carried out.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { playbook } from '../functions/steps/index.ts';
import { isWebPage } from '../shared/mail/plain.ts';
import { byHandOf } from '../shared/microsoft365/links.ts';
import { scenarioCalled, told } from './fakes/told.ts';

const folder = fileURLToPath(new URL('../local/scenarios', import.meta.url));
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

/** An order's first word says what a person does. */
const verbs =
  /^(Ask|Block|Check|Choose|Confirm|Decide|Delete|Disable|Enable|End|Find|Finish|Give|Have|Help|Let|Lock|Look|Make|Phone|Put|Remove|Require|Reset|Restore|Revoke|Save|Scan|Secure|Set|Start|Switch|Take|Tell|Warn|Correct|Empty|List|Go|Nothing) /;

/** No mail says both. */
const contradictions: readonly (readonly [RegExp, RegExp])[] = [
  [/Nothing of theirs is known to be left/, /Still there, or not yet ruled out/],
  [/Nothing of theirs is known to be left/, /NOT (known|checked|contained|locked)|^FAILED/im],
  [/whoever attacked it may still be in/, /account has been (locked|shut out)/],
  [/Nothing was done yet/, /^DONE AND CHECKED/m],
  [/Nothing was done yet/, /account has been (locked|shut out)/],
  [/nothing else was changed/, /The intruder (made|sent|registered|had|let|gave)/],
  [/What was found was removed/, /Still there/],
  [/leaves no doubt|counts as a takeover/, /No evidence of an intruder was found, so the account is/],
  [/Decide whether this is real/, /leaves no doubt/],
  [/dismisses the risk/, /can only be dismissed/],
  [/The logs show no act of an intruder/, /account is compromised/],
  [/The account may sign in/, /account has been locked/],
];

/**
 * Built-in roles of Entra ID and Azure
 * (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference), of Exchange, Purview
 * and Active Directory; and people who need no role.
 */
const roles = [
  ...['Global Administrator', 'Global Reader', 'User Administrator', 'Privileged Role Administrator'],
  ...[
    'Privileged Authentication Administrator',
    'Authentication Policy Administrator',
    'Security Administrator',
  ],
  ...['Security Operator', 'Security Reader', 'Conditional Access Administrator', 'Exchange Administrator'],
  ...[
    'SharePoint Administrator',
    'Teams Administrator',
    'Power Platform Administrator',
    'Compliance Administrator',
  ],
  ...['Cloud Application Administrator', 'Application Administrator', 'Cloud Device Administrator'],
  ...['Authentication Administrator', 'Groups Administrator', 'Intune Administrator', 'Guest Inviter'],
  ...[
    'Organization Management in Exchange',
    'Organization Management in Purview',
    'eDiscovery Administrator',
  ],
  ...['Exchange Administrator with the role Mailbox Import Export', 'Audit Reader in Purview'],
  'Security Administrator with the role Search and Purge',
  ...['Account Operator in Active Directory', 'operator of Reclaim', 'anyone who can reach the owner'],
];
const isRole = (role: string) =>
  roles.includes(role) ||
  /^(owner of the (site|team|group|application)|administrator of (the identity provider of )?\S.*)$/.test(
    role,
  );

describe.each(names.filter((name) => name !== 'false-alarm'))('the mail of %s', (name) => {
  const mail = async (settings: Readonly<Record<string, string>> = {}) =>
    (await (await told(await scenarioCalled(name), settings)).run()).summary;

  it.each([{}, { TIME_ZONE: 'Europe/Berlin' }])('is short enough to be read, %o', async (settings) => {
    const { text } = await mail(settings);
    expect(/\d\d:\d\d UTC \(\d\d:\d\d CET\)/.test(text)).toBe('TIME_ZONE' in settings);
    expect(text.split(/\s+/).length).toBeLessThanOrEqual(
      name === 'everything' ? 1200 : name === 'back-doors' || name === 'throttled' ? 750 : 600,
    );
  });

  it('does not repeat itself, and counts what it lists', async () => {
    const { subject, text } = await mail();
    const counted = Number(/(\d+) TASKS?/.exec(subject)?.[1] ?? 0);
    expect(text.match(/^\d+\. /gm) ?? []).toHaveLength(counted);
    for (const [one, other] of contradictions) {
      expect(one.test(text) && other.test(text), `${one} and ${other}`).toBe(false);
    }
    expect(text).not.toMatch(/read back|telephone|mend|save what/i);
  });

  it('says who, from where or by what alert, when, and how the account stands, before anything else', async () => {
    const [story = ''] = (await mail()).text.split('\n\n');
    expect(story).toMatch(/ at \d\d:\d\d UTC/);
    expect(story).toMatch(/locked since|shut out of this tenant since|NOT secured|NOT locked/);
    expect(story.split(/\s+/).length).toBeLessThanOrEqual(110);
  });

  it('has orders that begin with a verb, lead to a page, and run as they are written', async () => {
    const { text } = await mail();
    const [, now = ''] = /WHAT YOU DO NOW\n([\s\S]*?)\n\n/.exec(text) ?? [];
    const orders = now.split(/\n(?=\d+\. |- )/);
    for (const order of orders) {
      expect(order.replace(/^(\d+\.|-) /, '')).toMatch(verbs);
      expect(order).not.toMatch(/…$/m);
      const links = [...order.matchAll(/https?:\S+/g)].map(([link]) => link);
      expect(links.filter((link) => !isWebPage(link))).toEqual([]);
      const commands = order.split('\n').filter((line) => line.startsWith('        '));
      if (commands.length > 0)
        expect(commands[0]?.trim()).toMatch(
          /^(Connect-ExchangeOnline|Import-Module ActiveDirectory|Connect-MgGraph -Scopes '.*')$/,
        );
      for (const command of commands.slice(1)) {
        expect(command.trim()).toMatch(/^(Get|Set|Remove|Clear|Restore)-[A-Z][A-Za-z]+ -/);
      }
    }
  });

  it('names with each task a role that exists', async () => {
    const { steps } = await (await told(await scenarioCalled(name))).run();
    const named = steps.flatMap((row) => row.tasks.map(({ id, role }) => [`${row.name} ${id}`, role]));
    expect(named.filter(([, role]) => role === undefined || !role.split(/, or | or /).every(isRole))).toEqual(
      [],
    );
  });
});

it('every step names where its work is done by hand, and a role that exists', () => {
  const roles = playbook.flatMap((step) =>
    byHandOf(step, { id: 'x', userPrincipalName: 'x@contoso.com' }).role.split(/, or | or /),
  );
  expect(roles.filter((role) => !isRole(role))).toEqual([]);
});
