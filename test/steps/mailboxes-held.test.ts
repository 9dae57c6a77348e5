// Mailboxes that the account may send as: the log says nothing of them, so nothing there is taken for the intruder's.
import { describe, expect, it } from 'vitest';
import { disableInboxRules } from '../../functions/steps/disable-inbox-rules/disable-inbox-rules.ts';
import { removeMailForwarding } from '../../functions/steps/remove-mail-forwarding.ts';
import type { RunView } from '../../shared/model/step.ts';
import { answered, cmdlet } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { found } from '../fakes/found.ts';
import { oneMailbox } from '../fakes/one-mailbox.ts';
import { adele } from '../fakes/sign-ins.ts';

const hiding = {
  Name: '..',
  RuleIdentity: '13545366470107004929',
  SubjectOrBodyContainsWords: ['invoice', 'payment'],
  MoveToFolder: 'RSS Feeds',
  MarkAsRead: true,
};
const newsletter = { Name: 'Newsletters', From: ['news@adatum.com'], MoveToFolder: 'Newsletters' };
const sendAs = { recipientPermissions: [{ Trustee: 'adele@contoso.com' }] };
const shared = (name: string, mailbox: object) => ({
  userPrincipalName: `${name}@contoso.com`,
  displayName: name,
  mailbox: { RecipientTypeDetails: 'SharedMailbox', ...mailbox },
});
const withOthers = (...others: object[]) =>
  oneMailbox(undefined, {
    users: [
      { id: adele, userPrincipalName: 'adele@contoso.com', displayName: 'Adele Vance', mailbox: {} },
      ...others,
    ],
  });
const log = answered([]);

async function look(mailbox: ReturnType<typeof withOthers>, run: Partial<RunView> = log) {
  const rules = found(await disableInboxRules.find(context({ run }), mailbox.clients));
  const forwarding = found(await removeMailForwarding.find(context({ run }), mailbox.clients));
  return {
    changes: [...rules.changes, ...forwarding.changes].map(({ what }) => what),
    tasks: [...(rules.tasks ?? []), ...(forwarding.tasks ?? [])].map(({ what }) => what),
    kept: [...rules.kept, ...forwarding.kept].map(({ what }) => what),
  };
}
const nothing = { changes: [], tasks: [], kept: ['forwarding'] };

describe('a mailbox that the account may send as', () => {
  it('with a rule that hides mail, or with forwarding out, is asked about and left as it is', async () => {
    const mailbox = withOthers(
      shared('orders', { ...sendAs, inboxRules: [newsletter, hiding] }),
      shared('sales', { ...sendAs, ForwardingSmtpAddress: 'smtp:drop@mail.example' }),
    );
    const before = JSON.stringify(mailbox.tenant.state());
    expect(await look(mailbox)).toEqual({
      ...nothing,
      tasks: [
        'Ask the owner of orders@contoso.com, by phone, whether rule ".." is theirs',
        expect.stringMatching(
          /^forwarding to drop@mail\.example, in the mailbox sales@contoso\.com: it sends all/,
        ),
      ],
    });
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });

  it('with nothing odd in it is not mentioned — most have a rule or two', async () => {
    const inside = { ForwardingSmtpAddress: 'smtp:adele@contoso.com' };
    const mailbox = withOthers(shared('orders', { ...sendAs, ...inside, inboxRules: [newsletter] }));
    expect(await look(mailbox)).toEqual(nothing);
  });

  it('is not looked for before the audit log has answered — its evidence comes first, and requests are few', async () => {
    const mailbox = withOthers(shared('orders', { ...sendAs, inboxRules: [hiding] }));
    expect(await look(mailbox, {})).toEqual(nothing);
    expect(mailbox.asked().map((one) => one.cmdlet)).not.toContain('Get-RecipientPermission');
  });

  it('costs one request a step where there is none, and others of the tenant are not read', async () => {
    const mailbox = withOthers(shared('orders', { inboxRules: [hiding] }));
    expect(await look(mailbox)).toEqual(nothing);
    const asked = mailbox.asked().filter(({ cmdlet: name }) => name === 'Get-RecipientPermission');
    expect(asked).toEqual(
      Array.from({ length: 2 }, () => ({ cmdlet: 'Get-RecipientPermission', Trustee: 'adele@contoso.com' })),
    );
    expect(JSON.stringify(mailbox.asked())).not.toContain('orders');
  });

  it('in which the intruder worked is treated as theirs, once', async () => {
    const mailbox = withOthers(shared('orders', { ...sendAs, inboxRules: [hiding] }));
    const made = cmdlet('intruder', 'New-InboxRule', { Mailbox: 'orders@contoso.com', Name: '..' });
    const seen = await look(mailbox, answered([made]));
    expect(seen).toEqual({ ...nothing, changes: ['rule "..", in the mailbox orders@contoso.com'] });
  });

  it('is one of twenty at most, and the rest is counted', async () => {
    const many = Array.from({ length: 23 }, (_, index) => shared(`box${index}`, sendAs));
    const seen = await look(withOthers(...many));
    const told = '3 more mailboxes that the account may send as';
    expect(seen).toEqual({ ...nothing, kept: [told, 'forwarding', told] });
  });
});
