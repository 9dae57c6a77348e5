// Tells on-call of each Temporary Access Pass before it is made: it opens an account without its password, so nobody
// should be able to make one unnoticed.

import type { Notice } from '../mail/notice.ts';
import { clause, clock, plain } from '../mail/plain.ts';
import type { RunRow } from '../model/rows.ts';

export function passNotice(
  run: RunRow,
  { who, reason, now }: { who: string; reason: string; now: Date },
  lifetimeInMinutes: number,
  runUrl: string,
): Notice {
  const { id, userPrincipalName } = run.account;
  const at = now.toISOString();
  const until = clock(new Date(now.getTime() + lifetimeInMinutes * 60_000).toISOString());
  const name = plain(userPrincipalName, 120);
  const identified =
    run.handBack === undefined ? '' : ` The owner was identified: ${clause(run.handBack.identified, 300)}.`;
  return {
    // One key per pass: under a shared key, a notice that waits to be sent would give way to the next one.
    key: `pass|${run.id}|${at}`,
    version: at,
    headline: 'PASS ASKED FOR',
    subject: `${name} (run ${run.code})`,
    tone: 'waiting',
    lead: `${clause(who, 160)} asked for a Temporary Access Pass for ${name} at ${clock(at)}. It signs in once, until ${until}. Reason: ${clause(reason, 300)}.${identified}`,
    // Without `about`: the owner may hear of it as well, and if on-call's own mailbox is given back, on-call must.
    sections: [
      {
        title: 'If you did not expect this',
        lines: [
          {
            text: 'Call whoever asked for it, on a number that you know.',
            details: [
              "If they did not: start a new run for this account, which locks it again, and another for the operator's own account.",
              `Object id of the account: ${plain(id, 80)}`,
            ],
            link: { text: `Run ${run.code}`, url: runUrl },
          },
        ],
      },
    ],
  };
}
