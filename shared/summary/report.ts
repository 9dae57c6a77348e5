// What the summary says, in the order in which on-call needs it: what a person does now, what is still open, then who
// and why, what was done, and what comes next. Pure: rows in, sections out.

import type { Section } from '../mail/letter.ts';
import { type Verdict, verdictOf } from '../run/verdict.ts';
import { who, why } from './about.ts';
import { falseAlarm, findings, handBack, next, others, restInCounts, sent } from './afterwards.ts';
import { leftInPlace, putBack, removed } from './changes-made.ts';
import { alsoAtWork } from './coexistence.ts';
import { doNow } from './do-now.ts';
import type { Given } from './given.ts';
import { leadOf } from './lead.ts';
import { locked } from './lock.ts';
import { stillOpen } from './still-open.ts';
import { tickedOff } from './ticked-off.ts';

export interface Report {
  verdict: Verdict;
  /** What it means, in two or three sentences. */
  lead: string;
  /** What a person does now. */
  now: Section;
  /** What is not safe, not done or not known; none where everything is. */
  stillOpen: readonly Section[];
  rest: readonly Section[];
}

/** At most so many lines a section: the run itself holds the rest, and says so. */
export function reportOf(given: Given, mostLines: number): Report {
  const shown = (sections: readonly Section[]) =>
    sections.filter(({ lines }) => lines.length > 0).map((section) => cut(section, mostLines));
  const verdict = verdictOf(given.run, given.steps);
  const rest = [
    who(given),
    why(given),
    locked(given),
    alsoAtWork(given),
    removed(given),
    putBack(given),
    leftInPlace(given),
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
    verdict,
    lead: leadOf(given, verdict),
    now: cut(doNow(given, verdict), mostLines),
    stillOpen: shown([stillOpen(given)]),
    rest: shown(rest),
  };
}

function cut(section: Section, most: number): Section {
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
