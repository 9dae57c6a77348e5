// What the app could not do, or not yet: a person does it by hand, on the page that is linked.
import type { Failure } from '../errors.ts';
import type { Line } from '../mail/letter.ts';
import { plain } from '../mail/plain.ts';
import { mailboxPage, userPage } from '../microsoft365/links.ts';
import type { StepRow } from '../model/rows.ts';
import { isPending, type Verdict } from '../run/verdict.ts';
import { type Given, order, titleOf } from './given.ts';

/** Steps that failed: done by hand, or tried again once the cause is mended. */
export function failures(given: Given, { word }: Verdict, which: 'contain' | 'other'): Line[] {
  const failed = given.steps
    .filter((row) => row.outcome?.is === 'failed')
    .toSorted((a, b) => Number(b.stage === 'contain') - Number(a.stage === 'contain'));
  const again =
    word === 'UNDONE'
      ? order(given, 'Or mend the cause, and let this app put back what is left', 'undo')
      : order(given, 'Or mend the cause, and let this app try again what failed', 'retry');
  return failed
    .filter((row) => (row.stage === 'contain') === (which === 'contain'))
    .map((row) => ({
      text: failureText(given, row),
      details: row.outcome?.is === 'failed' ? errorDetails(row.outcome.error) : [],
      ...(onlyLooks(given, row) ? {} : { link: byHand(given, row) }),
      ...(row === failed.at(-1) ? { orders: [again] } : {}),
    }));
}

const onlyLooks = ({ run }: Given, row: StepRow) => row.kind === 'investigation' || run.dryRun;

function failureText(given: Given, row: StepRow): string {
  const title = titleOf(given, row.name);
  if (onlyLooks(given, row)) return `Look yourself. This app could not: ${title}`;
  if (row.aim === 'undo') return `Put it back by hand. This app could not undo: ${title}`;
  return `${title} by hand. This app could not`;
}

const errorDetails = ({ message, status, code, requestId }: Failure): string[] => {
  const said = plain(message, 240);
  const known = [status, code, requestId && `request ${requestId}`].filter(
    (part) => part !== null && !said.includes(`${part}`),
  );
  return [said, plain(known.join(', '), 120)].filter((part) => part !== '');
};

/** Where a step's work is done by hand, as far as its clients tell. */
export function byHand({ run, playbook }: Given, row: StepRow): { text: string; url: string } {
  const step = playbook.find((candidate) => candidate.name === row.name);
  return step?.permissions.exchange === undefined
    ? { text: 'The user in the Entra admin centre', url: userPage(run.account.id) }
    : { text: 'The mailbox in the Exchange admin centre', url: mailboxPage(run.account.id) };
}

/** Not there yet: a person may be quicker than whatever it waits for. */
export function late(given: Given, { word }: Verdict): Line[] {
  if (word !== 'NOT CONTAINED') return [];
  return given.steps
    .filter((row) => row.stage === 'contain' || row.stage === 'evict')
    .filter((row) => isPending(row) && row.outcome?.is !== 'failed')
    .map((row) => ({
      text: `${titleOf(given, row.name)} by hand, if you are quicker`,
      details: [
        'Not done yet, and tried again by itself',
        ...(row.lastError === null ? [] : [plain(row.lastError.message, 400)]),
      ],
      link: byHand(given, row),
    }));
}
