// What on-call hears about preflight, day after day.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Notice, noticeMail } from '../../shared/mail/notice.ts';
import { createNotices, type Notices } from '../../shared/mail/notices.ts';
import type { Finding } from '../../shared/preflight/finding.ts';
import type { PreflightReport } from '../../shared/preflight/preflight.ts';
import { tellPreflight } from '../../shared/preflight/preflight-notice.ts';
import { memoryNotices } from '../fakes/memory-stores.ts';

let sent: Notice[] = [];
let notices: Notices;

beforeEach(() => {
  sent = [];
  const mailer = {
    send: async (notice: Notice) => {
      sent.push(notice);
    },
    wasSent: async () => false,
  };
  const now = () => new Date('2026-11-20T06:30:00Z');
  notices = createNotices({ store: memoryNotices(), mailer, now, log: () => {} });
});

const finding = (check: string, is: Finding['is'] = 'problem', what = `${check} is missing`): Finding => ({
  check,
  area: 'permissions',
  is,
  what,
  now: 'Grant it with infra/bicep/tenant.bicep.',
  concerns: ['block-sign-in'],
});
const report = (...checks: Finding[]): PreflightReport => ({
  at: '2026-11-20T06:30:00.000Z',
  is: 'ok',
  problems: 0,
  warnings: 0,
  checks,
});
const day = (...checks: Finding[]) => tellPreflight(notices, report(...checks));
const one = finding('permission User.EnableDisableAccount.All');
const other = finding('cmdlet Get-InboxRule');

describe('on-call', () => {
  it('hears of problems once while they stay the same, again when they change, and once when they are gone', async () => {
    await day();
    await day(one, other);
    await day(other, one);
    await day(finding(one.check, 'problem', 'worded differently today'), other);
    expect(sent.map(({ headline }) => headline)).toEqual(['2 PROBLEMS']);
    await day(other);
    await day(other);
    await day();
    await day();
    await day(other);
    expect(sent.map(({ headline }) => headline)).toEqual([
      '2 PROBLEMS',
      '1 PROBLEM',
      'NO PROBLEM ANY MORE',
      '1 PROBLEM',
    ]);
  });

  it('hears nothing about warnings — a mail for each would teach people to look away', async () => {
    await day(finding('licence Entra ID P2', 'warning'));
    expect(sent).toEqual([]);
  });

  it('is told each remedy once, with everything that it fixes', async () => {
    await day(one, other);
    const { subject, text } = noticeMail(sent[0] ?? (await Promise.reject(new Error('none'))));
    expect(subject).toContain(
      '[Reclaim] 2 PROBLEMS: preflight: permission User.EnableDisableAccount.All is missing, and 1 more (',
    );
    expect(text.match(/Grant it with/g)).toHaveLength(1);
    expect(text).toContain('cmdlet Get-InboxRule is missing (needed by block-sign-in)');
  });
});
