import { describe, expect, it } from 'vitest';
import { differences } from '../../local/ending.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';

const run = sampleRun('2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11', { state: 'finished', level: 'full' });
const steps = [
  sampleStep('block-sign-in', { state: 'settled', outcome: { is: 'done' } }),
  sampleStep('reset-password', { stage: 'evict', state: 'running' }),
];

describe('differences', () => {
  it('finds none if no run was expected and none was opened', () => {
    expect(differences({ run: 'none' }, undefined)).toEqual([]);
  });

  it('names the run that was expected and did not come', () => {
    expect(differences({ run: 'finished' }, undefined)).toEqual(['no run was opened, expected finished']);
  });

  it('accepts any ending if none is expected, and a closed run as a finished one', () => {
    expect(differences({}, undefined)).toEqual([]);
    expect(differences({}, { run, steps })).toEqual([]);
    expect(differences({ level: 'full' }, undefined)).toEqual(['no run was opened, expected one']);
    expect(differences({ run: 'finished' }, { run: { ...run, state: 'closed' }, steps })).toEqual([]);
  });

  it('says what a step is and what it should be — even if it has not ended or does not exist', () => {
    const wanted = { 'block-sign-in': 'done', 'reset-password': 'done', 'unblock-sender': 'off' } as const;
    expect(differences({ run: 'finished', level: 'full', steps: wanted }, { run, steps })).toEqual([
      'reset-password is running, expected done',
      'unblock-sender is not there, expected off',
    ]);
  });

  it('compares the verdict and the level', () => {
    const ended = { run: { ...run, level: 'contain' as const }, steps: [] };
    expect(differences({ run: 'finished', level: 'full', word: 'CONTAINED' }, ended)).toEqual([
      'the level is contain, expected full',
      'the verdict is DECIDE, expected CONTAINED',
    ]);
  });
});
