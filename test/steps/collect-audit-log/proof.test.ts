// Which acts let a run go all the way by themselves, and which do not.
import { describe, expect, it } from 'vitest';
import { proofOf } from '../../../functions/steps/collect-audit-log/proof.ts';
import { actsOf } from '../../../shared/intruder/acts.ts';
import { directoryAuditSchema } from '../../../shared/intruder/audit.ts';
import { unifiedRecordSchema } from '../../../shared/intruder/unified-audit.ts';
import { cmdlet, directoryAudit, intruder, record } from '../../fakes/audit.ts';

const proof = (...records: readonly object[]) =>
  proofOf(
    actsOf(
      records.map((one) =>
        'activityDisplayName' in one ? directoryAuditSchema.parse(one) : unifiedRecordSchema.parse(one),
      ),
      intruder,
    ).acts,
  );

describe('what the intruder certainly did', () => {
  it.each<[string, object]>([
    ['sent a mail', record('intruder', 'Send')],
    ['sent a mail', record('intruder', 'SendAs')],
    ['made or changed an inbox rule', record('intruder', 'UpdateInboxRules')],
    ['set forwarding', cmdlet('intruder', 'Set-Mailbox', { ForwardingSmtpAddress: 'smtp:x@evil.example' })],
    [
      'set automatic replies',
      cmdlet('intruder', 'Set-MailboxAutoReplyConfiguration', { AutoReplyState: 'Enabled' }),
    ],
    ['published a calendar', cmdlet('intruder', 'Set-MailboxCalendarFolder', { PublishEnabled: 'True' })],
    ['gave somebody access to a mailbox', cmdlet('intruder', 'Add-MailboxPermission', { User: 'x' })],
    ['shared a file', record('intruder', 'AnonymousLinkCreated')],
    ['made a flow or a connection', record('intruder', 'CreateFlow')],
    ['wrote in Teams', record('intruder', 'MessageSent')],
    ['invited a guest', directoryAudit('intruder', 'Invite external user', { result: 'success' })],
    ['let an application in', directoryAudit('intruder', 'Consent to application', { result: 'success' })],
  ])('%s: the run goes all the way', (did, one) => {
    expect(proof(one)).toMatch(new RegExp(`^the intruder ${did}.*, made `));
  });

  it.each<[string, object]>([
    ['only read', record('intruder', 'MailItemsAccessed')],
    ['only opened files', record('intruder', 'FileDownloaded')],
    [
      'changed something else of the mailbox',
      cmdlet('intruder', 'Set-Mailbox', { HiddenFromAddressListsEnabled: 'True' }),
    ],
    ['cleared forwarding', cmdlet('intruder', 'Set-Mailbox', { ForwardingSmtpAddress: '' })],
    [
      'switched replies off',
      cmdlet('intruder', 'Set-MailboxAutoReplyConfiguration', { AutoReplyState: 'Disabled' }),
    ],
    ['was refused', record('intruder', 'New-InboxRule', { auditData: { ResultStatus: 'Failed' } })],
    ['is the owner', record('owner', 'Send')],
    [
      'is only likely to be the intruder: their client at an address of the owner',
      record('intruder', 'Send', {
        clientIp: intruder.sharedAddresses[0],
        auditData: { AppAccessContext: null, UserAgent: intruder.userAgents[0] },
      }),
    ],
  ])('is no proof if the actor %s', (_why, one) => {
    expect(proof(one)).toBeUndefined();
  });

  it('names the first of them — that is where it began', () => {
    const later = record('intruder', 'Send', { createdDateTime: '2026-11-20T09:14:00Z' });
    const first = record('intruder', 'New-InboxRule', { createdDateTime: '2026-11-20T09:12:00Z' });
    expect(proof(later, first)).toContain('inbox rule');
  });
});
