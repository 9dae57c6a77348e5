// The playbook: every step, in topological order. A new step is its file, a line here and its test.
import type { Step } from '../../shared/run/step.ts';
import { blockSignIn } from './block-sign-in.ts';
import { collectSignIns } from './collect-sign-ins.ts';
import { resetPassword } from './reset-password.ts';
import { revokeSessions } from './revoke-sessions.ts';

export const playbook: readonly Step[] = [blockSignIn, collectSignIns, resetPassword, revokeSessions];
