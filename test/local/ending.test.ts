import { describe, expect, it } from 'vitest';
import { differences } from '../../local/ending.ts';
import { sampleRun, sampleStep } from '../run/sample-rows.ts';

const run = sampleRun('2b3a9c1e-5d47-4b8e-9a57-6f2f0d1c8e11', { state: 'finished', level: 'full' });
const steps = [
  sampleStep('block-sign-in', { state: 'settled', outcome: { is: 'done' } }),
  sampleStep('reset-password', { stage: 'evict', state: 'running' }),
];

describe('differences', () => {
  it('finds none where no run was expected and none was opened', () => {
    expect(differences({ run: 'none' }, undefined)).toEqual([]);
  });

  it('names the run that was expected and did not come', () => {
    expect(differences({ run: 'finished' }, undefined)).toEqual(['no run was opened, expected finished']);
  });

  it('takes any ending where nothing is expected of it, and a closed run for a finished one', () => {
    expect(differences({}, undefined)).toEqual([]);
    expect(differences({}, { run, steps })).toEqual([]);
    expect(differences({ level: 'full' }, undefined)).toEqual(['no run was opened, expected one']);
    expect(differences({ run: 'finished' }, { run: { ...run, state: 'closed' }, steps })).toEqual([]);
  });

  it('says of a step what it is and what it was to be — also of one that has not ended or is not there', () => {
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
