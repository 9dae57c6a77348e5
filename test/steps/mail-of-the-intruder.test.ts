import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkMailbox } from '../../functions/steps/check-mailbox/check-mailbox.ts';
import { collectAuditLog } from '../../functions/steps/collect-audit-log/collect-audit-log.ts';
import { collectSignIns } from '../../functions/steps/collect-sign-ins/collect-sign-ins.ts';
import { findLinkedAccounts } from '../../functions/steps/find-linked-accounts/find-linked-accounts.ts';
import { retractSentMail } from '../../functions/steps/retract-sent-mail/retract-sent-mail.ts';
import { reviewSentMail } from '../../functions/steps/review-sent-mail/review-sent-mail.ts';
import { lived } from '../fakes/lived.ts';
import { signal } from '../fakes/sign-ins.ts';

const known: { messageTraces: { fromIP?: string }[] } = JSON.parse(
  readFileSync(new URL('../../local/tenants/contoso.json', import.meta.url), 'utf8'),
);
/**
 * Here the trace does not say where a message was sent from, as happens if Exchange Online was told nothing, and the
 * audit log answers at once: each test here is about what the audit log says.
 */
const contoso = {
  ...known,
  behaviour: { auditLagMinutes: 0 },
  messageTraces: known.messageTraces.map(({ fromIP: _address, ...trace }) => trace),
};
const steps = [
  collectSignIns,
  collectAuditLog,
  reviewSentMail,
  checkMailbox,
  findLinkedAccounts,
  retractSentMail,
];
const risky = signal({ sessionId: 'cd9fc562-3cf1-5d53-bdb0-e7e4d4410d08' });
const live = (level: 'contain' | 'full', file: object = contoso) =>
  lived({ steps, file, user: 'adele@contoso.com', level, request: { signals: [risky] } });

describe('the mail of the intruder', () => {
  it('is known once the audit log has answered, is then retracted, and is restored by undo, byte for byte', async () => {
    const life = await live('full');
    expect(await life.outcomes()).toEqual({
      'collect-sign-ins': 'done',
      'collect-audit-log': 'done',
      'review-sent-mail': 'done',
      'check-mailbox': 'done',
      'find-linked-accounts': 'done',
      'retract-sent-mail': 'done',
    });
    const { steps: rows } = await life.rows();
    const retracted = rows.find(({ name }) => name === 'retract-sent-mail');
    expect(retracted?.changes).toMatchObject([
      {
        what: expect.stringMatching(/^"Shared document: Q4 bonus" .* in 1 inbox inside$/),
        evidence: expect.stringContaining('cd9fc562'),
        goneAt: expect.any(String),
      },
    ]);
    expect(JSON.stringify(life.tenant.state())).not.toBe(life.before);
    await life.undo();
    expect(JSON.stringify(life.tenant.state())).toBe(life.before);
  });

  it('makes a run full by itself — it is evidence', async () => {
    const life = await live('contain');
    const { run } = await life.rows();
    expect(run.level).toBe('full');
    expect((await life.outcomes())['retract-sent-mail']).toBe('done');
  });

  it('is skipped, never failed, in a tenant that has bought nothing', async () => {
    const poor = {
      ...contoso,
      servicePlans: ['EXCHANGE_S_ENTERPRISE', 'M365_AUDIT_PLATFORM', 'AAD_PREMIUM'],
    };
    const outcomes = await (await live('full', poor)).outcomes();
    expect(outcomes['retract-sent-mail']).toBe('skipped');
    const bare = {
      ...contoso,
      servicePlans: [],
      behaviour: { ...contoso.behaviour, messageTraceReady: false },
    };
    expect(Object.values(await (await live('full', bare)).outcomes())).not.toContain('failed');
  });
});
