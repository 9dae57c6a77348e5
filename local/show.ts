// One line for a step that changed its state. Pure.
import { styleText } from 'node:util';
import type { StepRow } from '../shared/model/rows.ts';
import { verificationOf } from '../shared/run/changes.ts';
import type { StepChange } from './live.ts';

/** undefined for what nobody watches: rows that were settled before anything ran, and rows that wait. */
export function shown({ step, before }: StepChange): string | undefined {
  if (step.state === 'waiting' && step.attempt === 0) return undefined;
  if (before === undefined && step.state === 'settled') return undefined;
  return `${step.name.padEnd(26)}${coloured(step)}${detail(step)}`;
}

function coloured(step: StepRow): string {
  if (step.state !== 'settled' || step.outcome === null) return step.state;
  const { is } = step.outcome;
  if (is === 'done') return styleText('green', is);
  return is === 'failed' || is === 'needs-human' ? styleText('red', is) : is;
}

function detail(step: StepRow): string {
  if (step.state === 'waiting' && step.lastError !== null)
    return `, tried again at ${step.until?.slice(11, 19)}: ${step.lastError.message}`;
  if (step.state !== 'settled') return '';
  const { outcome } = step;
  if (outcome?.is === 'failed') return `: ${outcome.error.message}`;
  if (outcome?.is === 'skipped') return `: ${outcome.reason}`;
  if (outcome?.is === 'needs-human') return `, waits for ${outcome.waitsFor.join(', ')}`;
  const changes = step.changes.map((change) =>
    change.attemptedAt === null ? change.what : `${change.what} (${verificationOf(change)})`,
  );
  return changes.length === 0 ? '' : `: ${changes.join('; ')}`;
}
