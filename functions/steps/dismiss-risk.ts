// Dismisses the risk of an account that is secured, or was never attacked; otherwise the tenant's own policies would
// shut the owner out. This removes all risk for good, so it waits until Entra ID has processed our confirmation.
import { z } from 'zod';
import { homeDomain } from '../../shared/microsoft365/guest.ts';
import { licences, unlessUnlicensed } from '../../shared/microsoft365/licences.ts';
import { riskyUsersPage } from '../../shared/microsoft365/links.ts';
import { readRisk, waitForRisk } from '../../shared/microsoft365/risky-user.ts';
import { remediation, settings } from '../../shared/model/step.ts';

/** States that shut the owner out; `remediated`, `dismissed` and `confirmedSafe` do not. */
const standing = ['atRisk', 'confirmedCompromised'];

/**
 * POST /identityProtection/riskyUsers/dismiss: IdentityRiskyUser.ReadWrite.All and Entra ID P2
 * (https://learn.microsoft.com/graph/api/riskyuser-dismiss).
 */
export const dismissRisk = remediation({
  name: 'dismiss-risk',
  title: 'Dismiss the user risk',
  removes: 'all risk that Entra ID Protection holds against the user; it cannot be put back',
  guide: [],
  stage: 'hand-back',
  byHand: () => ({
    link: riskyUsersPage(),
    role: 'Security Operator',
    how: 'Tick the user, and select Dismiss user risk.',
  }),
  part: 'risk-dismissal',
  settings: settings('act'),
  permissions: { graph: ['IdentityRiskyUser.ReadWrite.All', 'User.Read.All'] },
  appliesTo: ({ guest, userPrincipalName }) =>
    !guest || `is a guest: its risk is kept by the home tenant (${homeDomain(userPrincipalName)})`,
  before: z.object({ riskState: z.string(), riskLevel: z.string() }),

  async find({ account, run, graph }) {
    const risk = await unlessUnlicensed(readRisk(graph, account.id), graph, licences.entraP2);
    if ('skip' in risk) return risk;
    const { riskState, riskLevel, isProcessing } = risk;
    const dismissed = run.fixedAt['dismiss-risk'] !== undefined;
    // Our confirmation may not have arrived yet: if dismissed before it, the risk would be high again afterwards.
    const awaited = run.fixedAt['confirm-compromise'] !== undefined && riskState === 'atRisk';
    if (!dismissed && (isProcessing || (awaited && riskLevel !== 'high'))) {
      throw waitForRisk(account.userPrincipalName, risk);
    }
    if (!standing.includes(riskState)) {
      return { changes: [], kept: [{ what: 'the user risk', why: `is ${riskState}` }] };
    }
    return {
      changes: [
        {
          id: 'user-risk',
          what: `the user risk of ${account.userPrincipalName} (${riskLevel}, ${riskState})`,
          why: run.falseAlarm
            ? 'nobody had attacked the account'
            : 'the account is secured, and policies on risk would shut its owner out',
          before: { riskState, riskLevel },
          once: true,
          again: true,
          seenWithinMinutes: 30,
        },
      ],
    };
  },

  async fix(_change, { account, graph }) {
    await graph.post('/identityProtection/riskyUsers/dismiss', { userIds: [account.id] }, z.unknown());
  },

  undo: 'Dismissed risk cannot be put back: an administrator can confirm the compromise again.',
});
