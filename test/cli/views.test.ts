// What a run looks like in a terminal. How the API gives it is tested with the whole command.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runSchema, runText } from '../../cli/views.ts';

const task = (what: string, atHandBack = false) => ({
  step: 'review-sent-mail',
  key: 'warn-recipients',
  what,
  instruction: 'Phone those who got bank details.',
  role: 'Exchange Administrator',
  commands: ["Get-SweepRule -Mailbox 'adele@contoso.com'"],
  link: 'https://entra.microsoft.com/',
  atHandBack,
});

const shownWith = (tasks: readonly object[]) =>
  stripVTControlCharacters(
    runText(
      runSchema.parse({
        id: '7d6da1c6-1d2b-5e67-a14b-ca85a8537042.20261121T091500-8M2P',
        code: '8M2P',
        verdict: 'CONTAINED, 1 TASK',
        state: 'finished',
        level: 'full',
        dryRun: false,
        account: {
          id: '7d6da1c6-1d2b-5e67-a14b-ca85a8537042',
          userPrincipalName: 'adele@contoso.com',
          displayName: 'Adele Vance',
        },
        why: 'Anomalous token (high) locks the account',
        heldBecause: null,
        raisedBecause: null,
        openedAt: '2026-11-21T09:15:00.000Z',
        containedAt: '2026-11-21T09:15:01.000Z',
        tasks,
        steps: [],
        log: [],
      }),
      120,
    ),
  );

describe('the tasks of a run', () => {
  it('are those that the verdict counts — the owner’s are told separately, in one line', () => {
    const text = shownWith([task('2 recipients are not warned yet'), task('no device was scanned', true)]);
    expect(text).toContain('To do: 1\n  1. 2 recipients are not warned yet');
    expect(text).toContain(
      'With the owner, when the account is given back: 1 (node cli/reclaim.mjs hand-back)',
    );
    expect(text).not.toContain('no device was scanned');
    expect(text).toMatch(/Connect-ExchangeOnline\n +Get-SweepRule -Mailbox 'adele@contoso.com'/);
    expect(text).toContain('as Exchange Administrator');
  });

  it('take no room if there are none', () => {
    expect(shownWith([])).not.toMatch(/To do|With the owner/);
  });
});
