// What the summary says, in the order in which on-call needs it: what a person does now, what is still open, then who
// and why, what was done, and what comes next. Pure: rows in, sections out.

import type { Section } from '../mail/letter.ts';
import { type Verdict, verdictOf } from '../run/verdict.ts';
import { who, why } from './account.ts';
import { briefOf } from './brief.ts';
import { leftInPlace, putBack, removed } from './changes-made.ts';
import { falseAlarm, findings, handBack, keptSending, next, others, restInCounts, sent } from './findings.ts';
import { type Given, inZone, sectionInZone } from './given.ts';
import type { Case } from './lock.ts';
import { locked, lockOf } from './lock.ts';
import { openPoints } from './open-points.ts';
import { ordersOf } from './orders.ts';
import { alsoAtWork } from './other-hands.ts';
import { storyOf } from './story.ts';
import { tickedOff } from './ticked-off.ts';

interface Head {
  verdict: Verdict;
  /** What happened and how it stands, in a few sentences. */
  story: string;
  /** What a person does now. */
  now: Section;
}

export interface Report extends Head {
  /** What is not safe, not done or not known; empty if everything is fine. */
  stillOpen: readonly Section[];
  rest: readonly Section[];
}

/** What a mail says: what a person does now in full, the rest in short. */
export interface BriefReport extends Head {
  brief: readonly Section[];
}

const caseOf = (given: Given): Case => ({
  ...given,
  verdict: verdictOf(given.run, given.steps),
  lock: lockOf(given),
});

function headOf(given: Case): Head {
  const now = ordersOf(given);
  return {
    verdict: given.verdict,
    story: inZone(given, storyOf(given, now.lines)),
    now: sectionInZone(given, now),
  };
}

export function briefReportOf(from: Given): BriefReport {
  const given = caseOf(from);
  const head = headOf(given);
  const brief = briefOf(given, head.now.lines.length).map((section) => sectionInZone(given, section));
  return { ...head, brief };
}

/** The most lines per section: the rest is in the run itself, and the section says so. */
export function reportOf(from: Given, mostLines: number): Report {
  const given = caseOf(from);
  const head = headOf(given);
  const shown = (sections: readonly Section[]) =>
    sections
      .filter(({ lines }) => lines.length > 0)
      .map((section) => sectionInZone(given, cut(section, mostLines)));
  const rest = [
    who(given),
    why(given),
    locked(given),
    alsoAtWork(given),
    removed(given),
    putBack(given),
    leftInPlace(given),
    keptSending(given),
    tickedOff(given),
    sent(given),
    others(given),
    findings(given),
    restInCounts(given),
    handBack(given),
    falseAlarm(given),
    next(given),
  ];
  return {
    ...head,
    now: cut(head.now, mostLines),
    stillOpen: shown([openPoints(given, 'whole')]),
    rest: shown(rest),
  };
}

export function cut(section: Section, most: number): Section {
  const lines = section.lines.slice(0, most).map((line) => {
    const details = line.details ?? [];
    if (details.length <= most) return line;
    return {
      ...line,
      details: [...details.slice(0, most), `and ${details.length - most} more, see the run`],
    };
  });
  const left = section.lines.length - lines.length;
  return left === 0
    ? section.lines.length === 0
      ? section
      : { ...section, lines }
    : { ...section, lines: [...lines, { text: `And ${left} more, see the run` }] };
}
