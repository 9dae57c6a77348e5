// Disables the account in Active Directory, because the next sync would otherwise enable it again in the cloud.
// Defender for Identity does it, if the tenant has it. The password stays: resetting it there only asks for a new one
// at sign-in.
import { z } from 'zod';
import { isLastStanding, leaveOneAdministrator } from '../../../shared/microsoft365/global-administrators.ts';
import { activeDirectoryGuide } from '../../../shared/microsoft365/links.ts';
import type { Account } from '../../../shared/model/account.ts';
import { remediation, settings, type Task } from '../../../shared/model/step.ts';
import { powerShellValue } from '../../../shared/model/text.ts';
import { inActiveDirectory, invokeAction } from './defender-for-identity.ts';

const step = 'contain-on-premises-account';
/**
 * identityAccounts: SecurityIdentitiesAccount.Read.All to read, SecurityIdentitiesActions.ReadWrite.All to act
 * (https://learn.microsoft.com/graph/api/security-identityaccounts-invokeaction). The others are for administrators.
 */
export const containOnPremisesAccount = remediation({
  name: step,
  title: 'Disable the account in Active Directory',
  removes: 'sign-in on premises, and what a sync from there would give back; tickets already issued live on',
  guide: ['MS 1'],
  stage: 'contain',
  byHand: () => ({
    link: activeDirectoryGuide(),
    role: 'Account Operator in Active Directory',
    how: 'Disable the account on a domain controller, let it replicate, then run Start-ADSyncSyncCycle on the server of Connect Sync; Cloud Sync takes it along by itself.',
  }),
  part: 'active-directory',
  licences: ['defenderForIdentity'],
  settings: settings('act'),
  permissions: {
    graph: [
      'User.Read.All',
      'SecurityIdentitiesAccount.Read.All',
      'SecurityIdentitiesActions.ReadWrite.All',
      'RoleManagement.Read.Directory',
      'GroupMember.Read.All',
    ],
  },
  appliesTo: ({ synced }) => synced || 'is not mastered in Active Directory',
  restoredAtHandBack: true,
  before: z.object({ identity: z.string(), account: z.string(), isEnabled: z.literal(true) }),

  async find({ account, run, graph }) {
    if (await isLastStanding(graph, account)) {
      return { changes: [], kept: [{ what: nameOf(account), why: 'is the last Global Administrator' }] };
    }
    const tasks = [disableByHand(account)];
    const seen = await inActiveDirectory(graph, account);
    if (seen.skip !== undefined) return { skip: seen.skip, tasks };
    if (!seen.isEnabled) {
      return { changes: [], kept: [{ what: 'the account in Active Directory', why: 'is disabled' }] };
    }
    const { identity, identifier } = seen;
    const change = {
      id: 'active-directory',
      what: `the account ${nameOf(account)} in Active Directory`,
      why: 'a sync from there would enable the account again',
      before: { identity, account: identifier, isEnabled: true as const },
    };
    // Defender for Identity takes minutes to see what it did; until it has been asked, only a person can do it.
    return { changes: [change], tasks: run.fixedAt[step] === undefined ? tasks : [] };
  },

  async fix({ before }, { account, mayGo, graph }) {
    await leaveOneAdministrator(graph, account, mayGo);
    await invokeAction(graph, before, 'disable');
  },

  async undo({ before }, { graph }) {
    await invokeAction(graph, before, 'enable');
    return undefined;
  },
});

const nameOf = (account: Account) => account.onPremisesDistinguishedName ?? account.userPrincipalName;

const disableByHand = (account: Account): Task => ({
  id: 'disable-in-active-directory',
  what: `Disable ${account.displayName || account.userPrincipalName} in Active Directory`,
  instruction: `The account is still enabled there, and a sync may enable it in the cloud again. Disable ${nameOf(account)} on the domain controller that it uses, let it replicate, then run Start-ADSyncSyncCycle on the server of Connect Sync; Cloud Sync takes it along by itself.`,
  ...(account.onPremisesDistinguishedName === null
    ? {}
    : { commands: [`Disable-ADAccount -Identity ${powerShellValue(account.onPremisesDistinguishedName)}`] }),
  link: activeDirectoryGuide(),
  role: 'Account Operator in Active Directory',
  danger: 'leak',
  remains: 'the account in Active Directory',
});
