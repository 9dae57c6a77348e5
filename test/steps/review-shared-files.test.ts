import { describe, expect, it } from 'vitest';
import { reviewSharedFiles } from '../../functions/steps/review-shared-files/review-shared-files.ts';
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { intruder, record } from '../fakes/audit.ts';
import { context } from '../fakes/context.ts';
import { noClients } from '../run/no-clients.ts';

const file = (operation: string, name: string, given: object = {}, by: 'intruder' | 'owner' = 'intruder') =>
  record(by, operation, {
    service: 'OneDrive',
    objectId: `https://contoso-my.sharepoint.com/personal/adele/Documents/${name}`,
    auditData: { SourceFileName: name, ...given },
  });

async function look(records: readonly object[] | undefined) {
  const facts =
    records === undefined
      ? {}
      : {
          facts: {
            acts: actsOf(
              records.map((one) => unifiedRecordSchema.parse(one)),
              intruder,
            ),
          },
        };
  const result = await reviewSharedFiles.collect(context({ run: facts }), noClients, null);
  if (!('findings' in result)) throw new Error('nothing was collected');
  return { tasks: [], ...result };
}

describe('review-shared-files', () => {
  it('asks to remove each link that the intruder made — it outlives the session', async () => {
    const { tasks } = await look([
      file('AnonymousLinkCreated', 'payroll.xlsx'),
      file('SharingSet', 'plan.docx', { TargetUserOrGroupName: 'x@evil.example' }),
      file('SharingSet', 'team.docx', { TargetUserOrGroupName: 'diego@contoso.com' }, 'owner'),
    ]);
    expect(tasks.map(({ what, link }) => [what, link.split('/').at(-1)])).toEqual([
      [
        'Remove the link by which the intruder shared payroll.xlsx with anybody who has the link',
        'payroll.xlsx',
      ],
      ['Remove the link by which the intruder shared plan.docx with x@evil.example', 'plan.docx'],
    ]);
    // The owner of the OneDrive is locked out.
    expect(tasks[0]?.instruction).toMatch(
      /^It is in a OneDrive: as SharePoint Administrator, get access first/,
    );
    const site = { objectId: 'https://contoso.sharepoint.com/sites/sales/plan.docx' };
    const inSite = await look([record('intruder', 'AnonymousLinkCreated', site)]);
    expect(inSite.tasks[0]?.instruction).toMatch(/^Select the file/);
  });

  it('lists what was taken and what was altered, each file once, and puts everything in a table', async () => {
    const { findings, tasks, attachments } = await look([
      file('FileDownloaded', 'payroll.xlsx'),
      file('FileAccessed', 'payroll.xlsx'),
      file('FileDeleted', 'contract.pdf'),
      file('FileDownloaded', 'mine.txt', {}, 'owner'),
    ]);
    expect(findings.map(({ what }) => what)).toEqual([
      '1 file opened or taken: payroll.xlsx',
      '1 file altered or deleted: contract.pdf',
    ]);
    expect(tasks).toMatchObject([{ id: 'files-altered' }]);
    expect(attachments?.[0]?.content.trim().split('\r\n')).toHaveLength(4);
    expect(attachments?.[0]?.content).not.toContain('mine.txt');
  });

  it('asks to take down what the intruder uploaded, with its links — if restored, it would phish again', async () => {
    const { tasks } = await look([
      file('FileUploaded', 'Invoice portal.html'),
      file('FileModified', 'Invoice portal.html'),
      file('AnonymousLinkCreated', 'Invoice portal.html'),
      file('FileDeleted', 'contract.pdf'),
    ]);
    expect(tasks.map(({ what }) => what)).toEqual([
      'Delete Invoice portal.html, which the intruder uploaded, and its link, from the recycle bin too',
      'Restore the files that the intruder altered or deleted (1, first contract.pdf)',
    ]);
    expect(tasks[0]).toMatchObject({
      danger: 'people',
      link: expect.stringContaining('Invoice%20portal.html'),
    });
    expect(tasks[0]?.instruction).toContain('anybody who has the link');
  });

  it('a refused attempt shared nothing', async () => {
    const { tasks, findings } = await look([file('SharingSet', 'plan.docx', { ResultStatus: 'Failed' })]);
    expect(tasks).toEqual([]);
    expect(findings).toMatchObject([{ what: 'no file and no sharing link' }]);
  });

  it('names fifteen links and counts the rest', async () => {
    const many = Array.from({ length: 18 }, (_, index) => file('SecureLinkCreated', `${index}.docx`));
    const { tasks } = await look(many);
    expect(tasks).toHaveLength(16);
    expect(tasks.at(-1)?.what).toBe('Remove 3 more sharing links of the intruder');
  });

  it('says that nothing is known while the audit log has not answered — no proof that nothing was taken', async () => {
    expect(await look(undefined)).toMatchObject({
      findings: [{ what: 'which files the intruder took is not known' }],
      tasks: [],
    });
  });
});
