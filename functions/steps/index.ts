// The playbook: every step, in topological order. A new step is its file, a line here and its test.
import type { Step } from '../../shared/run/step.ts';
import { blockSignIn } from './block-sign-in.ts';
import { collectSignIns } from './collect-sign-ins.ts';
import { disableInboxRules } from './disable-inbox-rules.ts';
import { removeMailForwarding } from './remove-mail-forwarding.ts';
import { resetPassword } from './reset-password.ts';
import { revokeSessions } from './revoke-sessions.ts';
import { unblockSender } from './unblock-sender.ts';

export const playbook: readonly Step[] = [
  blockSignIn,
  collectSignIns,
  resetPassword,
  revokeSessions,
  removeMailForwarding,
  disableInboxRules,
  unblockSender,
];
