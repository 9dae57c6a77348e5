// What the summary says, in the order in which on-call needs it: what a person does now, what is still open, then who
// and why, what was done, and what comes next. Pure: rows in, sections out.

import type { Given, Report, Section } from '../mail/report.ts';
import { verdictOf } from '../run/verdict.ts';
import { who, why } from './about.ts';
import { falseAlarm, findings, handBack, next, others, rest, sent } from './afterwards.ts';
import { leftInPlace, putBack, removed } from './changes-made.ts';
import { alsoAtWork } from './coexistence.ts';
import { doNow } from './do-now.ts';
import { leadOf } from './lead.ts';
import { locked } from './lock.ts';
import { stillOpen } from './still-open.ts';
import { tickedOff } from './ticked-off.ts';

/** At most so many lines a section: the run itself holds the rest, and says so. */
export function reportOf(given: Given, mostLines: number): Report {
  const verdict = verdictOf(given.run, given.steps);
  const sections = [
    doNow(given, verdict),
    stillOpen(given),
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
    rest(given),
    handBack(given),
    falseAlarm(given),
    next(given),
  ];
  return {
    verdict,
    lead: leadOf(given, verdict),
    sections: sections.filter(({ lines }) => lines.length > 0).map((section) => cut(section, mostLines)),
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
