// The playbook: every step, in topological order. A new step is its file, a line here and its test.
import type { Step } from '../../shared/run/step.ts';
import { blockSignIn } from './block-sign-in.ts';

export const playbook: readonly Step[] = [blockSignIn];
