// The playbook: every step, in topological order. A new step is its file, a line here and its test.
import type { Step } from '../../shared/model/step.ts';
import { blockSignIn } from './block-sign-in.ts';
import { checkContactInfo } from './check-contact-info/check-contact-info.ts';
import { checkMailbox } from './check-mailbox/check-mailbox.ts';
import { collectAuditLog } from './collect-audit-log/collect-audit-log.ts';
import { collectSignIns } from './collect-sign-ins/collect-sign-ins.ts';
import { confirmCompromise } from './confirm-compromise.ts';
import { containOnPremisesAccount } from './contain-on-premises-account/contain-on-premises-account.ts';
import { deletePasses } from './delete-passes.ts';
import { disableDevices } from './disable-devices.ts';
import { disableInboxRules } from './disable-inbox-rules/disable-inbox-rules.ts';
import { disableMailboxProtocols } from './disable-mailbox-protocols.ts';
import { dismissRisk } from './dismiss-risk.ts';
import { findLinkedAccounts } from './find-linked-accounts/find-linked-accounts.ts';
import { findOtherVictims } from './find-other-victims/find-other-victims.ts';
import { removeAdminRoles } from './remove-admin-roles/remove-admin-roles.ts';
import { removeAppAccess } from './remove-app-access/remove-app-access.ts';
import { removeAuthMethods } from './remove-auth-methods/remove-auth-methods.ts';
import { removeDefenderRoles } from './remove-defender-roles.ts';
import { removeExchangeRoles } from './remove-exchange-roles.ts';
import { removeMailForwarding } from './remove-mail-forwarding.ts';
import { removeMailboxDelegates } from './remove-mailbox-delegates/remove-mailbox-delegates.ts';
import { requireMfa } from './require-mfa/require-mfa.ts';
import { resetMailboxSettings } from './reset-mailbox-settings.ts';
import { resetPassword } from './reset-password/reset-password.ts';
import { retractSentMail } from './retract-sent-mail/retract-sent-mail.ts';
import { reviewAdminActivity } from './review-admin-activity/review-admin-activity.ts';
import { reviewAppPasswords } from './review-app-passwords.ts';
import { reviewLeftBehind } from './review-left-behind/review-left-behind.ts';
import { reviewOpenedApps } from './review-opened-apps.ts';
import { reviewSentMail } from './review-sent-mail/review-sent-mail.ts';
import { reviewSharedFiles } from './review-shared-files/review-shared-files.ts';
import { revokeSessions } from './revoke-sessions.ts';
import { scanDevices } from './scan-devices/scan-devices.ts';
import { unblockSender } from './unblock-sender.ts';
import { updateAlert } from './update-alert/update-alert.ts';

export const playbook: readonly Step[] = [
  removeAdminRoles,
  removeExchangeRoles,
  removeDefenderRoles,
  containOnPremisesAccount,
  blockSignIn,
  collectSignIns,
  collectAuditLog,
  resetPassword,
  removeMailForwarding,
  disableInboxRules,
  removeMailboxDelegates,
  resetMailboxSettings,
  removeAuthMethods,
  requireMfa,
  removeAppAccess,
  disableDevices,
  revokeSessions,
  disableMailboxProtocols,
  confirmCompromise,
  scanDevices,
  reviewSentMail,
  retractSentMail,
  checkMailbox,
  checkContactInfo,
  findLinkedAccounts,
  reviewAppPasswords,
  reviewOpenedApps,
  reviewSharedFiles,
  reviewLeftBehind,
  reviewAdminActivity,
  findOtherVictims,
  updateAlert,
  deletePasses,
  dismissRisk,
  unblockSender,
];
