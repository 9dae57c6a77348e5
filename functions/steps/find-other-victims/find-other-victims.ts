// Which other accounts the intruder uses: those signed in to from the intruder's addresses. Each is first compared with
// its own sign-ins. A victim is sent to the front door as an alert and judged there like any other; an account that may
// just have been there is named in a task. This opens no run itself.
import { eventId } from '../../../shared/alerts/outgoing.ts';
import { relatedSignInType } from '../../../shared/alerts/related-sign-in.ts';
import { networkOf } from '../../../shared/intruder/address.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import type { AddressFit } from '../../../shared/intruder/others.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { signInsPage } from '../../../shared/microsoft365/links.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import {
  investigation,
  type Kept,
  type OutgoingAlert,
  settings,
  type Task,
} from '../../../shared/model/step.ts';
import { type Other, othersAt } from './others-at.ts';

/** Each costs one of the five requests in ten seconds. */
const mostAddresses = 3;
/** So does each account that was there. */
const mostAccounts = 20;
const mostAlerts = 50;
const mostNames = 25;

/** AuditLog.Read.All and a licence of Entra ID P1 (https://learn.microsoft.com/graph/api/signin-list). */
export const findOtherVictims = investigation({
  name: 'find-other-victims',
  title: 'Find other victims',
  collects: "sign-ins of other accounts from the intruder's addresses",
  leaves: 'an alert for each other account',
  guide: ['MS tools'],
  stage: 'collect',
  toldIn: 'others',
  settings: settings('act'),
  permissions: { graph: ['AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],

  async collect({ account, run, intruder, graph }) {
    const addresses = addressesOf(intruder);
    if (addresses.length === 0 && run.ended?.['collect-sign-ins'] === 'skipped') {
      return { skip: 'no address of the intruder is known, since the sign-ins could not be read' };
    }
    const findings: Kept[] = [];
    const victims = new Map<string, Other>();
    const bystanders = new Map<string, Other>();
    const since = windowStart(run, intruder);
    let budget = mostAccounts;
    for (const { address, fit } of addresses.slice(0, mostAddresses)) {
      const there = await othersAt(graph, {
        accountId: account.id,
        address,
        fit,
        since,
        intruder,
        most: budget,
      });
      if ('skip' in there) return there;
      budget -= there.asked;
      for (const other of there.others) {
        const { verdict, userId, inWindow } = other;
        if (verdict.is === 'victim') victims.set(userId, other);
        // An address where the owner always is also has the owner's colleagues.
        else if (inWindow && !(fit === 'shared' && verdict.habit)) bystanders.set(userId, other);
      }
      findings.push(...there.findings);
    }
    for (const id of victims.keys()) bystanders.delete(id);
    findings.push(...[...victims.values()].map(toldOf));
    const left = addresses.length - mostAddresses;
    if (left > 0)
      findings.push({
        what: `${left} more address${left === 1 ? ' was' : 'es were'} not asked about`,
        why: 'the log is read in small portions',
      });
    if (addresses.length === 0) {
      findings.push({
        what: 'whether there are others is not known',
        why: "no address is the intruder's alone",
      });
    } else if (findings.length === 0) {
      const what = bystanders.size === 0 ? 'no other account' : 'no other victim';
      findings.push({
        what: `${what} was signed in to from the intruder's addresses`,
        why: 'as far as the log tells, which lags by minutes',
      });
    }
    return {
      findings,
      alerts: [...victims.values()].slice(0, mostAlerts).map(alertOf),
      tasks: [
        ...(victims.size > mostAlerts ? [tooMany(victims.size, account.id)] : []),
        ...(bystanders.size > 0 ? [askAbout([...bystanders.values()], account.id)] : []),
      ],
    };
  },
});

/** The intruder's own first, then addresses where that is unknown, then those that others use too. */
function addressesOf(intruder: Intruder): { address: string; fit: AddressFit }[] {
  const verdictOf = (address: string) =>
    intruder.marks.find(({ kind, value }) => kind === 'address' && networkOf(value) === networkOf(address))
      ?.verdict;
  const doubtful = intruder.sharedAddresses.map((address) => ({ address, verdict: verdictOf(address) }));
  return [
    ...intruder.addresses.map((address) => ({ address, fit: 'intruder' as const })),
    ...doubtful.flatMap(({ address, verdict }) => (verdict === 'unknown' ? [{ address, fit: verdict }] : [])),
    ...doubtful.flatMap(({ address, verdict }) => (verdict === 'shared' ? [{ address, fit: verdict }] : [])),
  ];
}

const toldOf = ({ name, address, verdict: { signIn, reason }, count }: Other): Kept => ({
  what: `${name} was signed in to from ${address} at ${when(signIn.time)}, ${count} time${count === 1 ? '' : 's'}`,
  why: `${reason}; told to triage`,
});

const alertOf = ({ userId, verdict: { signIn } }: Other): OutgoingAlert => ({
  id: eventId('signIn', signIn.id, signIn.at),
  type: relatedSignInType,
  data: {
    id: signIn.id,
    createdDateTime: signIn.at,
    userId,
    userPrincipalName: signIn.userName,
    ipAddress: signIn.address,
    status: { errorCode: 0 },
  },
});

function askAbout(others: readonly Other[], userId: string): Task {
  const sorted = others.toSorted((a, b) => a.name.localeCompare(b.name));
  const named = sorted
    .slice(0, mostNames)
    .map(
      ({ name, address, verdict: { signIn, reason } }) =>
        `${name} (${when(signIn.time)} from ${address}: ${reason})`,
    );
  const more =
    others.length > mostNames ? ` And ${others.length - mostNames} more: see the sign-in log.` : '';
  return {
    id: 'others-there',
    what: `Ask ${others.length === 1 ? '1 person' : `${others.length} people`}, by phone, whether they signed in from where the intruder was`,
    instruction: `Nothing was done to their accounts. If it was not them, start a run for the account. ${named.join('; ')}.${more}`,
    link: signInsPage(userId),
    role: 'Security Reader',
    danger: 'account',
  };
}

const tooMany = (count: number, userId: string): Task => ({
  id: 'many-victims',
  what: `Block the intruder's addresses: ${count} other accounts were signed in to from there`,
  instruction: `Make a named location of them, and a Conditional Access policy that blocks it for all users. Only ${mostAlerts} of the accounts were told to triage; the sign-in log has the others.`,
  link: signInsPage(userId),
  role: 'Conditional Access Administrator',
  danger: 'account',
});
