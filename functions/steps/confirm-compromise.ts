// Tells Entra ID Protection that the account is compromised, so that its own policies act too. It comes after the
// password: a reset removes risk, and would remove this as well. A guest's risk belongs to their home tenant.
import { z } from 'zod';
import { homeDomain } from '../../shared/microsoft365/guest.ts';
import { licences, unlessUnlicensed } from '../../shared/microsoft365/licences.ts';
import { riskyUsersPage } from '../../shared/microsoft365/links.ts';
import { readRisk } from '../../shared/microsoft365/risky-user.ts';
import { happenedBy } from '../../shared/microsoft365/whole-seconds.ts';
import { remediation, settings } from '../../shared/model/step.ts';

/** What a person has decided, or what followed our own confirmation, is not overruled. */
const decided = ['confirmedCompromised', 'dismissed', 'confirmedSafe'];

/**
 * POST /identityProtection/riskyUsers/confirmCompromised: IdentityRiskyUser.ReadWrite.All and Entra ID P2. All
 * applications of the tenant share one request a second; beyond that comes 429 without Retry-After
 * (https://learn.microsoft.com/graph/api/riskyuser-confirmcompromised).
 */
export const confirmCompromise = remediation({
  name: 'confirm-compromise',
  title: 'Confirm the compromise to Entra ID Protection',
  removes: 'nothing by itself: the user risk becomes high, on which risk policies of the tenant act',
  guide: [],
  stage: 'evict',
  byHand: () => ({
    link: riskyUsersPage(),
    role: 'Security Operator',
    how: 'Tick the user, and select Confirm user compromised. A user without a risk is not listed: leave it then.',
  }),
  part: 'risk-confirmation',
  licences: ['entraP2'],
  settings: settings('act'),
  permissions: { graph: ['IdentityRiskyUser.ReadWrite.All', 'User.Read.All'] },
  appliesTo: ({ guest, userPrincipalName }) =>
    !guest || `is a guest: its risk is kept by the home tenant (${homeDomain(userPrincipalName)})`,
  after: ['reset-password'],
  before: z.object({ riskState: z.string(), riskLevel: z.string() }),

  async find({ account, run, graph }) {
    const risk = await unlessUnlicensed(readRisk(graph, account.id), graph, licences.entraP2);
    if ('skip' in risk) return risk;
    const { riskState, riskLevel, riskLastUpdatedDateTime: updated } = risk;
    const own = run.fixedAt['confirm-compromise'];
    const since = (time: string) => updated !== null && happenedBy(time, updated, own);
    if ((decided.includes(riskState) && since(run.openedAt)) || (own !== undefined && since(own))) {
      const kept = { what: 'the user risk', why: `is ${riskState} since ${updated}, in this run` };
      return { changes: [], kept: [kept] };
    }
    return {
      changes: [
        {
          id: 'user-risk',
          what: `the user risk of ${account.userPrincipalName} (${riskLevel}, ${riskState})`,
          why: 'the account is under attack, and nobody has confirmed it in this run',
          before: { riskState, riskLevel },
        },
      ],
    };
  },

  async fix(_change, { account, graph }) {
    await graph.post(
      '/identityProtection/riskyUsers/confirmCompromised',
      { userIds: [account.id] },
      z.unknown(),
    );
  },

  undo: 'The confirmation goes only with all risk of the account: undo as a false alarm dismisses it, and so does the hand-back.',
});
