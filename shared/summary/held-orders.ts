// How a person decides about a held run: what the mail of the run and the daily notice both offer.
import { kindOf } from '../alerts/detectors.ts';
import type { Asked } from '../mail/letter.ts';
import type { RunRow } from '../model/rows.ts';
import { type Described, type Given, order } from './given.ts';

/** Enough where somebody knows the password and nothing says that they got in. */
const resetAndRevoke: readonly Described['part'][] = ['password', 'sessions'];

const credentials = ['password-spray', 'leaked-credentials'];

export function heldOrders(
  to: Pick<Given, 'runUrl' | 'playbook'>,
  { signals, account }: Pick<RunRow, 'signals' | 'account'>,
): Asked[] {
  const known = signals.length > 0 && signals.every((signal) => credentials.includes(kindOf(signal) ?? ''));
  const enough =
    known && !account.guest
      ? [
          order(to, 'Only reset the password and end the sessions', 'approve', {
            level: 'contain',
            steps: to.playbook.filter(({ part }) => resetAndRevoke.includes(part)).map(({ name }) => name),
          }),
        ]
      : [];
  return [
    ...enough,
    order(to, 'Lock the account only', 'approve', { level: 'contain' }),
    order(to, 'Lock it and remove what the intruder left', 'approve', { level: 'full' }),
    order(to, 'No attack: end the run', 'undo', { falseAlarm: true }),
  ];
}
