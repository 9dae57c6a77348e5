// Who the account belongs to, and why there is a run.

import type { Line, Section } from '../mail/letter.ts';
import { clause, clock, isMicrosoftPage, plain } from '../mail/plain.ts';
import { homeDomain } from '../microsoft365/guest.ts';
import type { RunRow } from '../model/rows.ts';
import { capital } from '../model/text.ts';
import type { Given } from './given.ts';

type Account = RunRow['account'];

export function who({ run }: Given): Section {
  const { account } = run;
  return {
    title: 'Who',
    lines: [
      {
        text: `${plain(account.displayName, 120) || 'No name'} (${plain(account.userPrincipalName, 120)})`,
        details: [
          `${kindOf(account)}; ${account.hasMailbox ? 'has a mailbox' : 'has no mailbox'}`,
          rolesOf(account),
          `Object id ${plain(account.id, 80)}`,
        ],
      },
    ],
  };
}

function kindOf(account: Account): string {
  if (account.guest) {
    const home = plain(homeDomain(account.userPrincipalName), 80);
    return `Guest of ${home}: password, sessions and methods belong there, only this tenant's door is shut`;
  }
  const kinds = [
    ...(account.synced ? ['synced from Active Directory'] : []),
    ...(account.federated ? ['federated: another identity provider checks the password'] : []),
  ];
  return kinds.length === 0 ? 'Cloud account' : capital(kinds.join('; '));
}

function rolesOf({ roles, privileged, lastGlobalAdministrator }: Account): string {
  const last = lastGlobalAdministrator ? '; no other enabled account is Global Administrator' : '';
  if (roles.length > 0) return `ADMINISTRATOR: ${plain(roles.join(', '))}${last}`;
  return privileged ? 'ADMINISTRATOR: through a role-assignable group' : 'No administrator roles';
}

const mostSignals = 8;

export function why({ run }: Given): Section {
  const more = run.signals.length - mostSignals;
  return {
    title: 'Why',
    lines: [
      { text: capital(plain(run.why)) },
      ...(run.raisedBecause === null
        ? []
        : [{ text: `Went from contain to full: ${clause(run.raisedBecause)}` }]),
      ...run.signals.slice(0, mostSignals).map(signalLine),
      ...(more > 0 ? [{ text: `${more} more alerts` }] : []),
    ],
  };
}

function signalLine(signal: RunRow['signals'][number]): Line {
  const facts = [
    ...(signal.activityAt === null ? [] : [`activity ${clock(signal.activityAt)}`]),
    ...(signal.detectedAt === null ? [] : [`detected ${clock(signal.detectedAt)}`]),
    ...(signal.address === null ? [] : [`from ${plain(signal.address, 60)}`]),
  ];
  return {
    text: `Alert: ${plain(signal.title, 200)} (${plain(signal.detector, 80)}, ${signal.level})`,
    details: facts.length > 0 ? [facts.join(', ')] : [],
    ...(signal.link === null || !isMicrosoftPage(signal.link)
      ? {}
      : { link: { text: 'Open the alert', url: signal.link } }),
  };
}
