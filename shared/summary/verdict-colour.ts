// How urgent a verdict is, as a colour. Red only if something is not secured, so that red keeps its meaning.
import type { Verdict } from '../run/verdict.ts';

export type Tone = 'alarm' | 'waiting' | 'well' | 'quiet';

/** White text on each has a contrast above 4.5. */
export const colourOf: Readonly<Record<Tone, string>> = {
  alarm: '#b3261e',
  waiting: '#8a5a00',
  well: '#1b6e3c',
  quiet: '#4a4f57',
};

const tones: Readonly<Record<Verdict['word'], Tone>> = {
  'NOT CONTAINED': 'alarm',
  REVERTED: 'alarm',
  HELD: 'waiting',
  DECIDE: 'waiting',
  LOCKED: 'waiting',
  CONTAINED: 'well',
  'NOTHING TO DO': 'quiet',
  UNDONE: 'quiet',
  'HANDING BACK': 'waiting',
  'HANDED BACK': 'well',
  'DRY RUN': 'quiet',
};

export const toneOf = ({ word }: Pick<Verdict, 'word'>): Tone => tones[word];
