// Reads a summary for a test: its sections as lines of text, each with the details below it.
import type { Section } from '../../shared/mail/letter.ts';
import type { Given } from '../../shared/summary/given.ts';
import { reportOf } from '../../shared/summary/report.ts';
import { summaryOf } from '../../shared/summary/summary.ts';
import { situations } from './situations.ts';

export type Name = keyof typeof situations;
export const names = Object.keys(situations).filter((name): name is Name => name in situations);

export const of = (name: Name) => summaryOf(situations[name]());
export const reported = (name: Name) => reportOf(situations[name](), 30);

export const sectionsOf = (from: Given): readonly Section[] => {
  const { now, stillOpen, rest } = reportOf(from, 30);
  return [now, ...stillOpen, ...rest];
};

/** `text | detail | what for: POST … | https://…` */
export function section(from: Given, title: string): string[] {
  const found = sectionsOf(from).find((candidate) => candidate.title === title);
  return (found?.lines ?? []).map(({ text, details = [], link, orders = [] }) =>
    [text, ...details, ...orders.map((order) => `${order.text}: ${order.request}`), link?.url ?? '']
      .filter((part) => part !== '')
      .join(' | '),
  );
}

export const doNow = (name: Name) => section(situations[name](), 'What you do now');
export const stillOpen = (name: Name) => section(situations[name](), 'Still open');
