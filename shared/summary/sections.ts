// What the summary says, in the order in which on-call needs it: first what a person does now, then what is known.
// Pure: rows in, sections out. What failed or could not be read back is said before what went well.
import { toUndo, verificationOf } from '../run/changes.ts';
import { timing } from '../run/mode.ts';
import type { ChangeRecord, RunRow, StepRow } from '../run/rows.ts';
import type { Step } from '../run/step.ts';
import { openTasks, type Verdict, verdictOf } from '../run/verdict.ts';
import { clock, plain } from './plain.ts';

export interface Line {
  text: string;
  /** Said below it. */
  details?: readonly string[];
  link?: { text: string; url: string };
}

export interface Section {
  title: string;
  lines: readonly Line[];
}

export interface Report {
  verdict: Verdict;
  /** What it means, in a sentence or two. */
  lead: string;
  sections: readonly Section[];
}

export interface Given {
  run: RunRow;
  steps: readonly StepRow[];
  playbook: readonly Step[];
  /** The page of this run. */
  runUrl: string;
  now: Date;
}

export function reportOf(given: Given): Report {
  const verdict = verdictOf(given.run, given.steps);
  const sections = [
    doNow(given, verdict),
    who(given),
    why(given),
    exposure(given),
    changesSection(
      given,
      'Removed or changed',
      (change) => change.attemptedAt !== null && change.undoneAt === null,
    ),
    changesSection(given, 'Put back', (change) => change.undoneAt !== null),
    changesSection(given, 'Found, not changed', (change) => change.attemptedAt === null),
    findings(given),
    rest(given),
    falseAlarm(given),
    next(given),
  ];
  return {
    verdict,
    lead: leadOf(given, verdict),
    sections: sections.filter((section) => section.lines.length > 0),
  };
}

const titleOf = (given: Given, name: string) =>
  given.playbook.find((step) => step.name === name)?.title ?? name;

function leadOf({ run, steps }: Given, verdict: Verdict): string {
  const upn = plain(run.account.userPrincipalName);
  switch (verdict.word) {
    case 'CONTAINED':
      return `${upn} is locked and cleaned of what was found.`;
    case 'LOCKED':
      return `${upn} is locked. The evidence is still being collected; nothing else was changed.`;
    case 'DECIDE':
      return `${upn} is locked. No evidence of an intruder's changes was found, so nothing else was changed: decide whether this is real.`;
    case 'NOT CONTAINED': {
      const open = steps.filter((row) => ['failed', 'needs-human'].includes(row.outcome?.is ?? 'failed'));
      return `${upn} is NOT secured: ${open.map((row) => row.name).join(', ') || 'steps are'} did not end well. Whoever attacked it may still be in.`;
    }
    case 'HELD':
      return `Nothing was changed for ${upn}: ${plain(run.heldBecause ?? 'a person must decide')}.`;
    case 'REVERTED':
      return `Something that was removed from ${upn} came back. It was removed once more; somebody or something puts it back.`;
    case 'UNDONE':
      return `What was changed for ${upn} was put back, as far as it can be.`;
    case 'NOTHING TO DO':
      return `${upn} was looked at and nothing had to be changed. That is not a proof that nobody was in.`;
    case 'DRY RUN':
      return `Nothing was changed for ${upn}: this run only looked. Below is what it would have done.`;
  }
}

function doNow(given: Given, verdict: Verdict): Section {
  const { run, steps, runUrl } = given;
  const lines: Line[] = [];
  const page = { text: 'Open the run', url: runUrl };
  if (verdict.word === 'HELD') {
    lines.push({
      text: 'Decide: approve this run, or leave it',
      details: ['Approve it at level contain (lock) or full (lock and clean) on the page of the run.'],
      link: page,
    });
  }
  if (verdict.word === 'DECIDE') {
    lines.push({
      text: `Ask the owner, by telephone, whether the sign-in was theirs`,
      details: ['Not theirs: approve level full. Theirs: undo the run, which unlocks the account.'],
      link: page,
    });
  }
  for (const row of steps) {
    for (const task of openTasks(row)) {
      lines.push({
        text: plain(task.what),
        details: [plain(task.instruction, 1000)],
        link: { text: 'Do it here', url: task.link },
      });
    }
    if (row.outcome?.is === 'failed') {
      const { error } = row.outcome;
      lines.push({
        text: `${titleOf(given, row.name)} failed: ${plain(error.message)}`,
        details: [codes(error), 'Mend the cause, then retry the step on the page of the run.'].filter(
          (part) => part !== '',
        ),
        link: page,
      });
    }
    if (row.outcome?.is === 'needs-human' && openTasks(row).length === 0) {
      lines.push({
        text: `${titleOf(given, row.name)} waits for ${row.outcome.waitsFor.join(', ')}`,
        details: ['It runs by itself once that has ended well.'],
      });
    }
    if (row.state !== 'settled' && row.lastError !== null) {
      lines.push({ text: `${titleOf(given, row.name)} is tried again: ${plain(row.lastError.message)}` });
    }
  }
  if (lines.length === 0 && run.state !== 'held')
    lines.push({ text: 'Nothing. Hand the account back when its owner is identified.' });
  return { title: 'What you do now', lines };
}

const codes = (error: { status: number | null; code: string | null; requestId: string | null }) =>
  [error.status, error.code, error.requestId && `request ${error.requestId}`]
    .filter((part) => part !== null)
    .join(', ');

function who({ run }: Given): Section {
  const { account } = run;
  const kind = account.guest
    ? 'guest: password and sessions belong to the home tenant'
    : account.federated
      ? 'federated: the password is checked by another identity provider'
      : account.synced
        ? 'synced from Active Directory'
        : 'cloud account';
  const roles =
    account.roles.length > 0
      ? `administrator: ${account.roles.map((role) => plain(role)).join(', ')}`
      : 'no administrator roles';
  return {
    title: 'Who',
    lines: [
      { text: `${plain(account.displayName)} (${plain(account.userPrincipalName)})` },
      { text: `${kind}; ${roles}; ${account.hasMailbox ? 'has a mailbox' : 'has no mailbox'}` },
      { text: `object id ${account.id}` },
    ],
  };
}

function why({ run }: Given): Section {
  const lines: Line[] = [{ text: plain(run.why) }];
  if (run.raisedBecause !== null)
    lines.push({ text: `Went from contain to full because ${plain(run.raisedBecause, 600)}` });
  for (const signal of run.signals) {
    const details = [
      signal.activityAt && `activity ${clock(signal.activityAt)}`,
      signal.detectedAt && `detected ${clock(signal.detectedAt)}`,
      signal.address && `from ${plain(signal.address, 60)}`,
    ].filter((part): part is string => typeof part === 'string' && part !== '');
    lines.push({
      text: `${plain(signal.title, 200)} (${plain(signal.detector, 80)}, ${signal.level})`,
      details: details.length > 0 ? [details.join(', ')] : [],
      ...(signal.link === null ? {} : { link: { text: 'Alert', url: signal.link } }),
    });
  }
  return { title: 'Why', lines };
}

/** Access tokens that were issued before live for about an hour where the service does not evaluate continuously. */
const tokenMinutes = 60;

function exposure({ run, steps }: Given): Section {
  const lines: Line[] = [];
  const lock = steps.find((row) => row.name === 'block-sign-in');
  const locked = lock?.changes.find((change) => change.fixedAt !== null && change.undoneAt === null);
  if (locked?.fixedAt) {
    const readBack = locked.goneAt === null ? 'not read back yet' : `read back ${clock(locked.goneAt)}`;
    lines.push({ text: `Sign-in blocked ${clock(locked.fixedAt)}, ${readBack}` });
  } else if (lock?.outcome?.is === 'unchanged') {
    lines.push({ text: 'Sign-in was blocked already, by another hand' });
  } else if (lock?.outcome?.is === 'off') {
    lines.push({ text: 'Sign-in is NOT blocked: block-sign-in is switched off' });
  }
  const revoked = steps
    .find((row) => row.name === 'revoke-sessions')
    ?.changes.flatMap((change) => (change.fixedAt === null ? [] : [change.fixedAt]))
    .toSorted()
    .at(-1);
  const since = revoked ?? locked?.fixedAt;
  if (since) {
    const until = new Date(Date.parse(since) + tokenMinutes * 60_000).toISOString();
    lines.push({
      text: `Tokens issued before may be accepted until ${clock(until)} by services that do not check continuously`,
    });
  }
  if (run.containedAt !== null)
    lines.push({
      text: `Contained ${clock(run.containedAt)}, ${secondsAfter(run)} seconds after the run opened`,
    });
  return { title: 'Locked', lines };
}

const secondsAfter = (run: RunRow) =>
  ((Date.parse(run.containedAt ?? run.openedAt) - Date.parse(run.openedAt)) / 1000).toFixed(1);

function changesSection(given: Given, title: string, which: (change: ChangeRecord) => boolean): Section {
  const lines = given.steps.flatMap((row) =>
    row.changes.filter(which).map((change): Line => {
      const details = [`${titleOf(given, row.name)}: ${plain(change.why, 600)}`];
      if (change.evidence !== null) details.push(`Evidence: ${plain(change.evidence, 600)}`);
      return { text: `${state(change)}: ${plain(change.what, 600)}`, details };
    }),
  );
  return { title, lines };
}

function state(change: ChangeRecord): string {
  if (change.failure !== null) return 'FAILED';
  switch (verificationOf(change)) {
    case 'verified':
      return change.returned > 0 ? 'Came back, removed again, verified' : 'Verified';
    case 'unverified':
      return 'Done, NOT yet verified';
    case 'reverted':
      return 'CAME BACK';
    case 'undone':
      return 'Undone';
    case 'open':
      return change.attemptedAt === null ? 'Found' : 'UNKNOWN whether done';
  }
}

function findings(given: Given): Section {
  const lines = given.steps
    .filter((row) => row.kind === 'investigation')
    .flatMap((row) =>
      row.kept.map((kept): Line => ({ text: plain(kept.what, 600), details: [plain(kept.why, 600)] })),
    );
  return { title: 'What the evidence shows', lines };
}

/** One count each, and the reasons of those that could not run: nobody reads a list of what did not happen. */
function rest(given: Given): Section {
  const of = (is: string) => given.steps.filter((row) => row.outcome?.is === is);
  const pending = given.steps.filter((row) => row.outcome === null);
  const lines: Line[] = [];
  const unchanged = of('unchanged').length;
  if (unchanged > 0)
    lines.push({
      text: `${unchanged} ${unchanged === 1 ? 'step' : 'steps'} found nothing to change; that is not a proof that nothing was there`,
    });
  for (const row of given.steps) {
    if (row.outcome?.is === 'skipped')
      lines.push({ text: `Not covered: ${titleOf(given, row.name)}: ${plain(row.outcome.reason)}` });
  }
  if (of('off').length > 0)
    lines.push({
      text: `Switched off: ${of('off')
        .map((row) => row.name)
        .join(', ')}`,
    });
  if (pending.length > 0 && given.run.state !== 'held')
    lines.push({ text: `Not finished yet: ${pending.map((row) => row.name).join(', ')}` });
  const kept = given.steps.filter((row) => row.kind === 'remediation').flatMap((row) => row.kept);
  if (kept.length > 0) {
    lines.push({
      text: `Looked at and left alone: ${kept.length}`,
      details: kept.slice(0, 20).map((entry) => plain(`${entry.what}: ${entry.why}`, 300)),
    });
  }
  return { title: 'The rest', lines };
}

function falseAlarm(given: Given): Section {
  const { run, steps, playbook, runUrl } = given;
  if (run.state === 'held' || run.endsAs !== null || run.dryRun) return { title: 'False alarm?', lines: [] };
  const stays = steps.flatMap((row) => {
    const step = playbook.find((candidate) => candidate.name === row.name);
    const cannot =
      step?.kind === 'remediation' && typeof step.undo === 'string' && toUndo(row.changes).length > 0;
    return cannot && typeof step.undo === 'string' ? [`${step.title}: ${step.undo}`] : [];
  });
  return {
    title: 'False alarm?',
    lines: [
      {
        text: 'Undo the run on its page: what was changed is put back, newest first.',
        details: stays.length > 0 ? [`Cannot be undone: ${stays.join('; ')}`] : [],
        link: { text: 'Open the run', url: runUrl },
      },
    ],
  };
}

function next({ run, runUrl }: Given): Section {
  const lines: Line[] = [];
  const minutes = timing.checkMinutes[run.checks];
  if (run.endsAs === null && !run.dryRun && minutes !== undefined && run.state !== 'held') {
    const from = run.finishedAt ?? run.openedAt;
    lines.push({
      text: `Everything is looked at again at about ${clock(new Date(Date.parse(from) + minutes * 60_000).toISOString())}; you hear of it only if the verdict changes`,
    });
  }
  lines.push({ text: `Run ${run.code}: ${run.id}`, link: { text: 'Open the run', url: runUrl } });
  return { title: 'Next', lines };
}
