// Who made a rule, according to records as the services really write them: Outlook leaves values out, signs numbers,
// and stores the whole set again when one rule is changed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disableInboxRules } from '../../../functions/steps/disable-inbox-rules/disable-inbox-rules.ts';
import { answered, cmdlet, record } from '../../fakes/audit.ts';
import { context } from '../../fakes/context.ts';
import { changesOf, found, onlyChange } from '../../fakes/found.ts';
import { oneMailbox } from '../../fakes/one-mailbox.ts';
import { adele } from '../../fakes/sign-ins.ts';

/** It looks harmless, so that only the log can speak against it. */
const harmless = (Name: string, RuleIdentity: string) => ({
  Name,
  RuleIdentity,
  From: ['news@adatum.com'],
  MoveToFolder: 'Newsletters',
});
const unsigned = '13545366470107004929';
const signed = '-4901377603602546687';

type Properties = Record<string, string | undefined>;
const stored = (
  properties: Properties,
  at = '2026-11-20T09:13:30Z',
  by: 'intruder' | 'owner' = 'intruder',
  more: (properties: readonly object[]) => object = (OperationProperties) => ({ OperationProperties }),
) =>
  record(by, 'UpdateInboxRules', {
    createdDateTime: at,
    auditLogRecordType: 'exchangeItem',
    auditData: {
      MailboxOwnerUPN: 'adele@contoso.com',
      ...more(
        Object.entries({
          RuleOperation: 'ModifyMailboxRule',
          RuleState: undefined,
          RuleCondition: '{}',
          RuleName: undefined,
          RuleProvider: undefined,
          RuleActions: '[]',
          ...properties,
        }).map(([Name, Value]) => (Value === undefined ? { Name } : { Name, Value })),
      ),
    },
  });

const look = (rules: readonly object[], records: readonly object[]) => {
  const { clients } = oneMailbox({ inboxRules: rules });
  return disableInboxRules.find(context({ run: answered(records) }), clients);
};

describe('the maker of a rule', () => {
  it.each<[string, Properties]>([
    ['its number, no value given for the rest', { RuleId: unsigned }],
    ['its number, the rest empty', { RuleId: unsigned, RuleName: '', RuleState: '', RuleProvider: '' }],
    ['its number with a sign', { RuleId: signed }],
    [
      'its name, the number not given out yet',
      { RuleOperation: 'AddMailboxRule', RuleId: '0', RuleName: 'Project' },
    ],
    [
      'its number, behind a condition of thousands of characters',
      {
        RuleCondition: JSON.stringify({ words: Array(400).fill('subjectword') }),
        RuleId: unsigned,
        RuleName: 'Project',
      },
    ],
  ])('is known by %s', async (_how, properties) => {
    const change = onlyChange(await look([harmless('Project', unsigned)], [stored(properties)]));
    expect(change.evidence).toMatch(/^made in the intruder's session/);
  });

  it('is not the intruder if their Outlook only stored the whole set again: one task asks', async () => {
    const rules = ['A', 'B', 'C'].map((name, index) => harmless(name, String(11 + index)));
    const records = [11, 12, 13].map((id, index) =>
      stored({ RuleId: String(id) }, `2026-11-20T09:13:3${index}Z`),
    );
    const { changes, tasks } = found(await look(rules, records));
    expect(changes).toEqual([]);
    expect(tasks).toMatchObject([
      { id: 'rules-stored-again', instruction: expect.stringContaining('"A", rule "B"') },
    ]);
  });

  it('is known anyway for the one rule of the set that the record names', async () => {
    const rules = [harmless('A', '11'), harmless('B', '12')];
    const records = [
      stored({ RuleId: '11' }),
      stored({ RuleId: '12', RuleName: 'B', RuleActions: '[{"ActionType":"Move"}]' }),
    ];
    const { changes, tasks } = found(await look(rules, records));
    expect(changes.map(({ what }) => what)).toEqual(['rule "B"']);
    expect(tasks).toEqual([]);
  });

  it('stays known whatever else is in the record — an odd field costs only that field', async () => {
    const odd = fc.constantFrom(null, 7, true, {}, [], { Name: 7 }, { Value: 'x' }, 'text', {
      Name: 'RuleState',
      Value: [1],
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(odd, { maxLength: 4 }),
        fc.array(odd, { maxLength: 4 }),
        async (before, after) => {
          const poisoned = stored({ RuleId: signed }, undefined, 'intruder', (known) => ({
            ExtendedProperties: before,
            DeviceProperties: 'x',
            OperationProperties: [...before, ...known, ...after],
          }));
          expect(changesOf(await look([harmless('Project', unsigned)], [poisoned]))).toHaveLength(1);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a mailbox of somebody else that the intruder opened', () => {
  const bills = {
    userPrincipalName: 'bills@contoso.com',
    displayName: 'Bills',
    mailbox: { inboxRules: [harmless('Project', unsigned), harmless('Own', '77')] },
  };
  const owner = {
    id: adele,
    userPrincipalName: 'adele@contoso.com',
    displayName: 'Adele Vance',
    mailbox: {},
  };
  const inBills = record('intruder', 'UpdateInboxRules', {
    auditData: {
      MailboxOwnerUPN: 'bills@contoso.com',
      OperationProperties: [
        { Name: 'RuleOperation', Value: 'AddMailboxRule' },
        { Name: 'RuleName', Value: 'Project' },
      ],
    },
  });

  it.each([
    ['Outlook', inBills],
    ['a cmdlet', cmdlet('intruder', 'New-InboxRule', { Mailbox: 'bills', Name: 'Project' })],
  ])('has the rule that %s made there disabled, with an undo of its own', async (_how, made) => {
    const mailbox = oneMailbox(undefined, { users: [owner, bills] });
    const run = answered([made]);
    const before = JSON.stringify(mailbox.tenant.state());
    const change = onlyChange(await disableInboxRules.find(context({ run }), mailbox.clients));
    expect(change).toMatchObject({
      id: 'bills@contoso.com/bills\\13545366470107004929',
      what: 'rule "Project", in the mailbox bills@contoso.com',
      evidence: expect.stringContaining('session'),
    });
    await disableInboxRules.fix(change, context(), mailbox.clients);
    expect(changesOf(await disableInboxRules.find(context({ run }), mailbox.clients))).toEqual([]);
    if (typeof disableInboxRules.undo === 'string') throw new Error('cannot be undone');
    await disableInboxRules.undo(change, context(), mailbox.clients);
    expect(JSON.stringify(mailbox.tenant.state())).toBe(before);
  });
});
