// Who else the intruder is: other accounts signed in to from the intruder's addresses. Each is told to the front door as
// an alert and judged there like any other; this opens no run. An address that others use anyway finds nobody.
import { eventId } from '../../../shared/alerts/outgoing.ts';
import { relatedSignInType } from '../../../shared/alerts/related-sign-in.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import { signInsPage } from '../../../shared/microsoft365/links.ts';
import {
  investigation,
  type Kept,
  type OutgoingAlert,
  settings,
  type Task,
} from '../../../shared/model/step.ts';
import { othersAt } from './others-at.ts';

/** Each costs one of the five requests in ten seconds. */
const mostAddresses = 3;
const mostAlerts = 50;

/** AuditLog.Read.All and a licence of Entra ID P1 (https://learn.microsoft.com/graph/api/signin-list). */
export const findOtherVictims = investigation({
  name: 'find-other-victims',
  title: 'Find other victims',
  collects: 'sign-ins of other accounts from the intruder’s addresses',
  leaves: 'an alert for each other account',
  guide: ['MS tools'],
  stage: 'collect',
  licences: ['entraP1'],
  handsOn: 'victims',
  toldIn: 'others',
  settings: settings('act'),
  permissions: { graph: ['AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],

  async collect({ account, run, intruder, graph }) {
    if (intruder.addresses.length === 0 && run.ended?.['collect-sign-ins'] === 'skipped') {
      return { skip: 'no address of the intruder is known, since the sign-ins could not be read' };
    }
    const since = windowStart(run, intruder);
    const findings: Kept[] = [];
    const alerts = new Map<string, OutgoingAlert>();
    for (const address of intruder.addresses.slice(0, mostAddresses)) {
      const others = await othersAt(graph, account.id, address, since);
      if ('skip' in others) return others;
      if (others.shared !== null) {
        findings.push({ what: `${address} finds nobody`, why: others.shared });
        continue;
      }
      for (const { userId, name, signIn, count } of others.victims) {
        findings.push({
          what: `${name} was signed in to from ${address} at ${when(signIn.time)}, ${count} time${count === 1 ? '' : 's'}`,
          why: 'the address is the intruder’s alone, so the account is too; told to triage',
        });
        alerts.set(userId, {
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
      }
      if (others.failed > 0) {
        const what = `${others.failed} other account${others.failed === 1 ? '' : 's'} tried from ${address} without success`;
        findings.push({ what, why: 'a password spray, or a password that is known and was stopped' });
      }
    }
    const left = intruder.addresses.length - mostAddresses;
    if (left > 0)
      findings.push({
        what: `${left} more addresses were not asked about`,
        why: 'the log is read in small portions',
      });
    if (intruder.addresses.length === 0) {
      findings.push({
        what: 'whether there are others is not known',
        why: 'no address is the intruder’s alone',
      });
    } else if (findings.length === 0) {
      findings.push({ what: 'no other account', why: 'was signed in to from the intruder’s addresses' });
    }
    const told = [...alerts.values()].slice(0, mostAlerts);
    return {
      findings,
      alerts: told,
      tasks: alerts.size > mostAlerts ? [tooMany(alerts.size, account.id)] : [],
    };
  },
});

const tooMany = (count: number, userId: string): Task => ({
  id: 'many-victims',
  what: `${count} other accounts were signed in to from the intruder’s addresses; ${mostAlerts} were told to triage`,
  instruction: 'Block the addresses in Conditional Access, and go through the sign-in log for all others.',
  link: signInsPage(userId),
});
