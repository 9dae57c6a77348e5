// What the audit log hands on must fit a row, and must keep what steps need most.
import { describe, expect, it } from 'vitest';
import { actsOf } from '../../shared/intruder/acts.ts';
import { unifiedRecordSchema } from '../../shared/intruder/unified-audit.ts';
import { intruder, record } from '../fakes/audit.ts';

const read = (records: readonly object[]) => records.map((one) => unifiedRecordSchema.parse(one));
const many = (count: number, make: (index: number) => object) =>
  read(Array.from({ length: count }, (_, index) => make(index)));
const sent = (index: number) =>
  record('intruder', 'Send', {
    auditData: {
      Item: { InternetMessageId: `<${index}@contoso.com>`, Subject: 'Invoice', Attachments: 'x'.repeat(900) },
    },
  });

describe('what the intruder did', () => {
  it('keeps six hundred messages among thousands of reads — each must be recognised as the intruder’s', () => {
    const looks = many(3000, () => record('intruder', 'FileAccessed'));
    const facts = actsOf([...many(600, sent), ...looks], intruder);
    expect(facts.acts.filter(({ activity }) => activity === 'Send')).toHaveLength(600);
    expect(facts.acts.filter(({ activity }) => activity === 'FileAccessed')).toHaveLength(200);
    expect(facts.left).toBe(2800);
    expect(facts.acts.find(({ activity }) => activity === 'Send')?.data).toEqual({
      Item: { InternetMessageId: '<0@contoso.com>', Subject: 'Invoice' },
    });
    expect(JSON.stringify(facts).length).toBeLessThan(500_000);
  });

  it('keeps the owner’s rules, with where they were made, and nothing else of the owner’s', () => {
    const facts = actsOf(read([record('owner', 'New-InboxRule'), record('owner', 'Send')]), intruder);
    expect(facts.acts).toEqual([]);
    expect(facts.rulesOfOthers).toMatchObject([
      {
        activity: 'New-InboxRule',
        evidence: expect.stringMatching(/^made from [\d.]+, which is not known as/),
      },
    ]);
  });
});
