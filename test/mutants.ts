// npm run mutants -- [--only TEXT] [--list]
// Plants one small bug after another and says which of them no test notices. The list is kept by hand: each is a mistake
// that somebody could make in one line, with the tests that are to notice it. The source is copied first; the working
// tree is never touched.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface Mutant {
  file: string;
  /** Stands in the file once. */
  from: string;
  to: string;
  tests: readonly string[];
}

const run = ['test/run/fences', 'test/run/owners', 'test/run/changes', 'test/run/verdict', 'test/run'];

const groups: readonly {
  file: string;
  tests: readonly string[];
  bugs: readonly (readonly [string, string])[];
}[] = [
  {
    file: 'shared/run/run-step.ts',
    tests: run,
    bugs: [
      [' && row.delivery === mine.delivery', ''],
      ['row.turn === mine.turn && ', ''],
      ['now.getTime() + leaseSeconds * 1000', "Date.parse(row.until ?? '') + leaseSeconds * 1000"],
      ['deliveryCount > row.delivery', 'deliveryCount >= row.delivery'],
      ['const attempt = takesOver ? row.attempt + 1 : row.attempt;', 'const attempt = row.attempt;'],
      [' || row.turn !== message.turn) return undefined', ') return undefined'],
      ["if (claimed === 'lost') await advance(engine, ref);", ''],
      ['!permanent && attempt < timing.mostAttempts', '!permanent'],
      ['endedWell(row.outcome) && !row.changes.some(isUnseen)', 'endedWell(row.outcome)'],
    ],
  },
  {
    file: 'shared/run/advance.ts',
    tests: run,
    bugs: [
      [
        'const written = await engine.progress.write(ref, changes, rows);',
        'await engine.bus.send(planned.send);\n    const written = await engine.progress.write(ref, changes, rows);',
      ],
      ["if (written === 'conflict') continue;", "if (written === 'conflict') return rows;"],
      ['if (!settles || isAlone) return written;', 'return written;'],
    ],
  },
  {
    file: 'shared/run/summary-turn.ts',
    tests: run,
    bugs: [
      ['    if (!acted) return false;\n', ''],
      ["const cutOff = summary.state === 'sending' || summary.claimedAt !== null;", 'const cutOff = false;'],
      ['const turn = summary.turn + 1;', 'const turn = summary.turn;'],
      ["run.endsAs === 'superseded'", 'false'],
      ['return seconds >= whatever;', 'return false;'],
    ],
  },
  {
    file: 'shared/run/send-summary.ts',
    tests: run,
    bugs: [
      ["if (summary.turn !== message.turn || summary.state !== 'queued') return undefined;", ''],
      ['const claimedAt = cutOff ? summary.claimedAt : null;', 'const claimedAt = null;'],
      ['? attempt < looks', '? false'],
      ['if (before?.attempt === 0) await', 'await'],
    ],
  },
  {
    file: 'shared/run/changes.ts',
    tests: run,
    bugs: [
      ['if (record.stillThereAt != null) return', 'if (false) return'],
      ['if (!asked && again) return', 'if (false) return'],
      ['const fix = returned < mostReturns;', 'const fix = true;'],
      ['if (wasRefused(record)) return undefined;', ''],
      [
        'if (record.attemptedAt === null) return undefined;',
        'if (record.attemptedAt === null) return record;',
      ],
      ['record.undoneAt === null)', 'true)'],
      ['.toReversed()', ''],
    ],
  },
  {
    file: 'shared/run/remediate.ts',
    tests: run,
    bugs: [
      ['if (newer.length > 0 && row.acts) {', 'if (false) {'],
      [
        'row = await execution.record(withFindings({ ...row, changes }, second, place));',
        'row = withFindings({ ...row, changes }, second, place);',
      ],
      [
        'return fixAndCheck(execution, step, await execution.record(found.row), found.toFix);',
        'return fixAndCheck(execution, step, found.row, found.toFix);',
      ],
      ['if (essential.length > 0) return', 'if (false) return'],
      ['    ...notGivenBack(row, place),\n', ''],
      ['    ...hadNoEffect(row, place),\n', ''],
    ],
  },
  {
    file: 'shared/run/plan.ts',
    tests: run,
    bugs: [
      ['withoutOrder(row, now)', 'row'],
      ['return isPast(row.until, now) ? afterLostWorker(row, now) : row;', 'return row;'],
      ['return isPast(row.until, now) ? queue(row, now, null) : row;', 'return row;'],
      ['if (!rowsOf(order.after, state).every(wasTried)) return row;', ''],
      [
        'const closed = [...bad.map((gate) => gate.name), ...missing];',
        'const closed = bad.map((gate) => gate.name);',
      ],
      ['if (!gates.every((gate) => isOpen(gate, state.run))) return row;', ''],
      ['lastFix(other) > done', 'lastFix(other) < done'],
    ],
  },
  {
    file: 'shared/run/run-state.ts',
    tests: run,
    bugs: [
      ["const asleep = run.state === 'open' ?", 'const asleep = false ?'],
      ['if (due <= run.checks) return undefined;', 'return undefined;'],
      ['if (run.limitedBecause !== undefined) return undefined;', ''],
    ],
  },
  {
    file: 'shared/run/verdict.ts',
    tests: run,
    bugs: [
      [' || step.changes.some(hasNoEffect)', ''],
      ["if (evict.some((step) => step.outcome === null || stillToAct(step))) return 'LOCKED';", ''],
      [
        "outcome.is === 'done' || outcome.is === 'unchanged'",
        "outcome.is === 'done' || outcome.is === 'reported' || outcome.is === 'unchanged'",
      ],
    ],
  },
  {
    file: 'shared/run/open-run.ts',
    tests: [...run, 'test/rails'],
    bugs: [
      ["  if (run.endsAs === 'superseded') return false;\n", ''],
      ["if (opened === 'taken') continue;", ''],
      ['Date.parse(at) <= Date.parse(lock)', 'true'],
    ],
  },
  {
    file: 'functions/delivery.ts',
    tests: ['test/functions/delivery'],
    bugs: [
      ['attempt * mostDeliveries + ', ''],
      [
        '!(thrown instanceof PermanentError) && attempt < mostAttempts',
        '!(thrown instanceof PermanentError)',
      ],
      ['if (!again && delivery.queue === queues.deadLetters) throw thrown;', ''],
      ['if (times > mostRevivals) return undefined;', ''],
      ['const attempt = delivery.attempt > 0 ? { attempt: delivery.attempt } : {};', 'const attempt = {};'],
      ['await wait(seconds);', ''],
      ['const attempt = delivery.attempt + 1;', 'const attempt = 1;'],
    ],
  },
  {
    file: 'shared/alerts/breaker.ts',
    tests: ['test/alerts/breaker.test'],
    bugs: [
      ['place > runs', 'place >= runs'],
      ['place <= full', 'place < full'],
      ['Math.max(fewestRuns, ', 'Math.min(fewestRuns, '],
      ['if (wanted.held !== null) return held(wanted, wanted.held, null);', ''],
      ["level: 'contain', held: null, limited", 'level: wanted.level, held: null, limited'],
      ['listed: mail === null', 'listed: false'],
    ],
  },
  {
    file: 'shared/alerts/judge.ts',
    tests: ['test/functions/triage-alert', 'test/alerts', 'test/rails'],
    bugs: [
      ["answer.action === 'none' || answer.action === 'hold'", "answer.action === 'none'"],
      ['...noTraces,', ''],
      ["railed.action === 'hold' ? why : null", 'null'],
      ["risky?.standing && risky.level === 'high'", 'risky?.standing'],
      [' || signal.confirmedByPerson) return ruling', ') return ruling'],
      ['error.status === 404', 'error.status === 403'],
      ['harmless.has(signal.level) && kindOf(signal) === undefined', 'harmless.has(signal.level)'],
      ["  version: '',\n", ''],
    ],
  },
  {
    file: 'shared/alerts/echo.ts',
    tests: ['test/alerts/echo', 'test/rails/echo'],
    bugs: [
      ['changed >= since - earlierMs && changed', 'changed >= since && changed'],
      ['at >= confirmedAt - earlierMs && at <= confirmedAt + laterMs', 'at >= confirmedAt - earlierMs'],
      ['return nothingSince && ', 'return '],
      ['changed <= since + latestMs', 'true'],
      ['run.classified.includes(caseOf(signal))', 'true'],
      ['own ? withoutConfirmation(signal) : signal', 'signal'],
    ],
  },
  {
    file: 'shared/alerts/rails.ts',
    tests: ['test/alerts/rails', 'test/functions/triage-alert', 'test/rails'],
    bugs: [
      ['own.toLowerCase() === entry.toLowerCase()', 'own === entry'],
      ['account.privileged || account.roles', 'account.roles'],
      ["action: 'hold', row: 'protected'", "row: 'protected'"],
    ],
  },
  {
    file: 'shared/alerts/silence.ts',
    tests: ['test/alerts/silence'],
    bugs: [
      ['> deps.silentAfterHours * hourMs', '> deps.silentAfterHours'],
      ['at !== null && at > latest', 'at !== null'],
    ],
  },
  {
    file: 'shared/intruder/tie.ts',
    tests: ['test/intruder/tie', 'test/intruder', 'test/steps/collect'],
    bugs: [
      ["likely: { irreversible: 'ask'", "likely: { irreversible: 'remove'"],
      ["mark.verdict === 'intruder' && matches", 'matches'],
      ["if (session && isOwners(intruder, 'session', session)) return undefined;", ''],
      ['intruder.userAgents.includes(userAgent) && intruder', 'intruder'],
      ["certainty: 'likely',", "certainty: 'certain',"],
      ['tieOf(intruder, trace) === undefined &&', ''],
    ],
  },
  {
    file: 'shared/intruder/follow.ts',
    tests: ['test/intruder/judge-presence', 'test/intruder'],
    bugs: [['suspicion.first - dayMs', 'suspicion.first']],
  },
  {
    file: 'shared/intruder/others.ts',
    tests: ['test/intruder/window', 'test/intruder'],
    bugs: [['> dayMs && days > 1', '> dayMs || days > 1']],
  },
  {
    file: 'shared/store/table-client.ts',
    tests: ['test/store/table-client'],
    bugs: [
      ['if (parts.length !== actions.length) {', 'if (false) {'],
      ['  status >= 400 && (', '  ('],
    ],
  },
  {
    file: 'shared/intruder/judge-presence.ts',
    tests: ['test/intruder/judge-presence', 'test/intruder', 'test/steps/collect'],
    bugs: [
      [' && !has(profile.devices, one.device)) {', ') {'],
      ['> 6 * hourMs', '> 0'],
      ['    !isInAnothersSession(one, around.presences);', '    true;'],
      ["client === 'foreign' && !habit", "client === 'foreign'"],
      ["client === 'bare' && !placeOnly", "client === 'bare'"],
      ['isProgram || (phished && !habit)', 'phished && !habit'],
      ["if (habit && place !== 'abroad')", 'if (habit)'],
      ["client === 'bare' && (!travel ||", "client === 'bare' && (true ||"],
      ['time > one.first - journeyMs && time < one.last', 'time < one.last'],
      ['other.client === one.client &&', ''],
    ],
  },
  {
    file: 'functions/steps/block-sign-in.ts',
    tests: ['test/steps/block-sign-in', 'test/steps/last-administrators'],
    bugs: [
      ['if (await isLastStanding(graph, account))', 'if (false)'],
      ['await leaveOneAdministrator(graph, account, mayGo);', ''],
      ['if (!user.accountEnabled) return', 'if (user.accountEnabled) return'],
      ['  essential: true,\n', ''],
      ['accountEnabled: false }', 'accountEnabled: true }'],
    ],
  },
  {
    file: 'functions/steps/revoke-sessions.ts',
    tests: ['test/steps/revoke-sessions'],
    bugs: [
      ['Date.parse(cause.at) > Date.parse(last.at) ? cause : last', 'last'],
      [
        "...(run.handBack === undefined ? [] : [{ what: 'the hand-back began', at: run.handBack.begunAt }]),",
        '',
      ],
      [" && happenedBy(latest.at, validFrom, run.fixedAt['revoke-sessions'])", ''],
      ["'remove-auth-methods', 'disable-devices'", "'disable-devices'"],
    ],
  },
  {
    file: 'functions/steps/delete-passes.ts',
    tests: ['test/steps/delete-passes'],
    bugs: [['if (run.handBack?.passAskedAt != null)', 'if (false)']],
  },
  {
    file: 'functions/steps/remove-mail-forwarding.ts',
    tests: ['test/steps/remove-mail-forwarding'],
    bugs: [
      ['      ForwardingSmtpAddress: null,\n', ''],
      ['error instanceof PermanentError && error.status === 404', 'error instanceof PermanentError'],
      ['!isGone || was.ForwardingAddress === null', '!isGone'],
      ['if (outside.length > 0) {', 'if (outside.length > 1) {'],
      ["auditLogIn(run) === 'unread'", 'false'],
      ['if (behind.some((one) => present.has(one))) return act;', ''],
      ['behind.length === 0 ? [recipient] : behind', 'behind'],
    ],
  },
  {
    file: 'functions/steps/remove-mailbox-delegates/remove-mailbox-delegates.ts',
    tests: ['test/steps/remove-mailbox-delegates'],
    bugs: [
      ['permissions === 1', 'permissions !== 1'],
      ['grantsIn(looked.acts).length > 0', 'true'],
      ["log === 'unread' || isEverybody(delegate)", "log === 'unread'"],
      ["log === 'pending'", "log !== 'pending'"],
      ['grants.length === 0 && !mayBeDrills ? [] : ', ''],
      ['      instead: true,\n', ''],
    ],
  },
  {
    file: 'shared/run/sharing-progress.ts',
    tests: ['test/run/sharing-progress'],
    bugs: [['changes.run === undefined ? { steps }', 'changes.run !== undefined ? { steps }']],
  },
  {
    file: 'shared/alerts/azure-monitor.ts',
    tests: ['test/alerts/every-source'],
    bugs: [['left: accounts.length === 0', 'left: accounts.length !== 0']],
  },
  {
    file: 'shared/run/audit-searches.ts',
    tests: ['test/run/audit-searches', 'test/steps/collect-audit-log'],
    bugs: [
      ['others.length >= mostRunning - forOthers', 'others.length > mostRunning - forOthers'],
      ["look === 'first' ? [0, 0]", "look === 'later' ? [0, 0]"],
      ['running.filter((one) => one.who !== who);\n  const [for', 'running;\n  const [for'],
    ],
  },
  {
    file: 'shared/intruder/marks.ts',
    tests: ['test/intruder/find-intruder'],
    bugs: [["(kind === 'client' && has(profile.clients", "(kind !== 'client' && has(profile.clients"]],
  },
  {
    file: 'functions/alerts/forward-stream.ts',
    tests: ['test/alerts/stream'],
    bugs: [['    await deps.post.post({', '    deps.post.post({']],
  },
  {
    file: 'functions/steps/scan-devices/scan-devices.ts',
    tests: ['test/steps/scan-devices'],
    bugs: [
      ['device.enabled && usedBy(device, intruder) === undefined', 'device.enabled'],
      [
        "if (!(error instanceof PermanentError) || error.code !== 'ActiveRequestAlreadyExists') throw error;",
        'throw error;',
      ],
      ["status === 'Pending' || status === 'InProgress' || ", ''],
      ["deviceId?.toLowerCase() ?? ''", "deviceId ?? ''"],
      ['others.length > 0 || own.length === 0', 'others.length > 0'],
      ['  again: true as const,\n', ''],
    ],
  },
  {
    file: 'functions/steps/dismiss-risk.ts',
    tests: ['test/steps/dismiss-risk'],
    bugs: [
      ["isProcessing || (awaited && riskLevel !== 'high')", 'isProcessing'],
      ["(awaited && riskLevel !== 'high')", "riskLevel !== 'high'"],
      ['!standing.includes(riskState)', "riskState !== 'atRisk'"],
      ['          once: true,\n', ''],
    ],
  },
  {
    file: 'functions/steps/remove-admin-roles/admin-roles.ts',
    tests: ['test/steps/remove-admin-roles', 'test/steps/privileged-administrator'],
    bugs: [
      ["memberType === null || memberType === 'Direct'", 'true'],
      ["row.appScopeId ?? row.directoryScopeId ?? '/'", "row.directoryScopeId ?? '/'"],
      ["schedule?.assignmentType === 'Activated'", 'false'],
      ['assignmentId: notYetAssigned.includes(row) ? null : row.id', 'assignmentId: row.id'],
      [
        '[...roles, ...throughGroups, ...mayActivate, ...mayJoinGroups]',
        '[...mayActivate, ...mayJoinGroups, ...roles, ...throughGroups]',
      ],
      ['entry.group.id === group.id && entry.relation === relation', 'entry.group.id === group.id'],
    ],
  },
];

const mutants: readonly Mutant[] = groups.flatMap(({ file, tests, bugs }) =>
  bugs.map(([from, to]) => ({ file, from, to, tests })),
);

const root = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({
  options: { only: { type: 'string' }, list: { type: 'boolean', default: false } },
});
const nameOf = ({ file, from, to }: Mutant) =>
  `${file}: ${from.replaceAll(/\s+/g, ' ')} → ${to.replaceAll(/\s+/g, ' ') || '(nothing)'}`;
const chosen = mutants.filter((mutant) => nameOf(mutant).includes(values.only ?? ''));

/** A bug whose place has changed is no bug any more: the list is wrong, and must say so. */
const lost = chosen.filter(({ file, from }) => {
  const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
  return text.split(from).length !== 2;
});
for (const mutant of lost) console.log(`not found once, correct the list: ${nameOf(mutant)}`);
if (values.list) for (const mutant of chosen) console.log(nameOf(mutant));
if (values.list || lost.length > 0) process.exit(lost.length > 0 ? 1 : 0);

const copy = mkdtempSync(join(tmpdir(), 'reclaim-mutants-'));
const parts = [
  'functions',
  'shared',
  'local',
  'infra',
  'cli',
  'test',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'host.json',
  'knip.json',
];
for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

/** Whether the tests notice. They stop at the first that fails. */
function areRed(tests: readonly string[]): Promise<boolean> {
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--bail',
    '1',
    '--reporter',
    'dot',
    ...tests,
  ];
  const env = { ...process.env, HISTORIES: '12' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: copy, env, timeout: 900_000, maxBuffer: 2 ** 26 }, (error) =>
      resolve(error !== null),
    );
  });
}

const survivors: Mutant[] = [];
try {
  const all = [...new Set(chosen.flatMap(({ tests }) => tests))];
  if (await areRed(all)) throw new Error(`Without any bug these tests are red: ${all.join(', ')}`);
  for (const mutant of chosen) {
    const path = join(copy, mutant.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(mutant.from, () => mutant.to),
    );
    // The quick tests first, so that most are caught in seconds.
    const [first = '', ...rest] = mutant.tests;
    const red = (await areRed([first])) || (rest.length > 0 && (await areRed(rest)));
    writeFileSync(path, text);
    if (!red) survivors.push(mutant);
    console.log(`${red ? 'caught  ' : 'SURVIVED'} ${nameOf(mutant)}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${chosen.length - survivors.length} of ${chosen.length} caught`);
process.exit(survivors.length > 0 ? 1 : 0);
