// Who else is at work on this account. What others did before this run looked is recorded as found, and an undo leaves
// it alone; people must know that, or they think that the account is free again.
import { kindOf } from '../alerts/detectors.ts';
import type { Line, Section } from '../mail/letter.ts';
import { plain } from '../mail/plain.ts';
import type { StepRow } from '../model/rows.ts';
import { capital } from '../model/text.ts';
import { type Given, titleOf } from './given.ts';

/** https://learn.microsoft.com/defender-xdr/autoad-results */
const actionCenter = 'https://security.microsoft.com/action-center/history';

export function alsoAtWork(given: Given): Section {
  const { run, steps } = given;
  const disrupted = run.signals.some((signal) => kindOf(signal) === 'attack-disruption');
  const lines: Line[] = [
    ...(disrupted
      ? [
          {
            text: 'Attack disruption of Microsoft Defender acts on this account by itself; undoing this run takes nothing of that back. Release what it did in the Action center',
            link: { text: 'Action center', url: actionCenter },
          },
        ]
      : []),
    ...steps.filter(foundDone).map((row) => ({
      text: `${titleOf(given, row.name)}: found done by another hand, and left so whatever is undone here`,
      details: row.kept.map(({ what, why }) => capital(plain(`${what} ${why}`))),
    })),
  ];
  return { title: 'Who else is at work here', lines };
}

/** Steps that have nothing to change only if somebody else has done it already. */
const locks: readonly StepRow['part'][] = ['lock', 'sessions'];

const foundDone = ({ part, outcome, changes }: StepRow) =>
  locks.includes(part) && outcome?.is === 'unchanged' && changes.length === 0;
