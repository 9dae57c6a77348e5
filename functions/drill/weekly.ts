// The drill by timer, off unless the settings name an account for it: the same drill, with a managed identity of its
// own, and a mail to on-call if it did not pass. A drill takes longer than a function may, so each invocation goes on
// where the last one stopped or was killed. What a drill left that was cut off elsewhere is cleaned up within the hour.
import type { TokenCredential } from '@azure/identity';
import type { Notice } from '../../shared/mail/notice.ts';
import { plain } from '../../shared/mail/plain.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import { isAlive, isAtWork } from '../../shared/run/drills.ts';
import { runRef } from '../../shared/run/progress.ts';
import type { ApiRequest } from '../runs/api.ts';
import { documentOf } from '../runs/api.ts';
import { undoRun } from '../runs/change-run.ts';
import { startRun } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import {
  actingFor,
  begin,
  brokenOff,
  type Course,
  cleanUpAfter,
  courseSchema,
  type DrillDeps,
  type DrillReport,
  pollSeconds,
  proceed,
  type Responder,
} from './drill.ts';
import { changeDrill, drillBodySchema, keepCourse } from './drills.ts';
import type { Planter } from './plantings.ts';

export type WeeklyServices = Pick<
  Services,
  'engine' | 'start' | 'triage' | 'drill' | 'preflight' | 'notices'
>;

/** The function itself is ended after five minutes (host.json), and one step may take more than one. */
const workSeconds = 180;
/** The next invocation comes within five minutes; until then the drill doesn't count as killed. */
const pauseSeconds = 900;
/** After this long it only cleans up, whatever keeps it from its end. */
const mostMinutes = 60;
/** Tuesday, when somebody is there to look; the first invocation after ten o'clock. */
const weekly = { day: 2, from: 10, until: 16 };

interface Given {
  account: string;
  credential: TokenCredential;
  /** The client of the identity that plants. */
  graph: Planter;
  sleep: (seconds: number) => Promise<void>;
  log: (line: string) => void;
}

/** Called every five minutes: begins a drill, continues it, or cleans up after one that was killed. */
export async function drillByTimer(services: WeeklyServices, given: Given): Promise<void> {
  const { drills } = services.drill;
  const now = services.engine.now();
  const { row, etag } = await drills.read();
  const { current } = row;
  const deps = depsOf(services, given);
  if (current === null) {
    if (!isDue(now, row.lastTriedAt)) return;
    // Before anything else: a drill that is refused is tried again next week, not in five minutes.
    if (!(await drills.write({ ...row, lastTriedAt: now.toISOString() }, etag))) return;
    const begun = await begin(deps, given.account);
    if ('verdict' in begun) await tell(services, given, begun, begun.begunAt);
    else await goOn(services, given, deps, begun, begun.course);
    return;
  }
  if (isAtWork(current, now)) return;
  const course = courseSchema.safeParse(current.course).data;
  const sink = services.drill.settings.DRILL_SINK;
  if (course !== undefined && course.at !== 'ended' && sink !== undefined) {
    const isLate = now.getTime() - Date.parse(current.begunAt) > mostMinutes * 60_000;
    const on = isLate ? brokenOff(deps, course, `it took more than ${mostMinutes} minutes`) : course;
    await goOn(services, given, deps, { drill: current, sink }, on);
    return;
  }
  // Killed on its way, or left with something that could not be removed.
  if (isAlive(current, now) || now.getUTCMinutes() >= everyMinutes) return;
  const report = await cleanUpAfter(deps, given.account);
  // One mail a day for what is still left.
  if (report.left.length > 0)
    await tell(services, given, report, `${current.begunAt} ${now.toISOString().slice(0, 10)}`);
}

/** How often the function is called. */
const everyMinutes = 5;

const isDue = (now: Date, lastTriedAt: string | null) =>
  now.getUTCDay() === weekly.day &&
  now.getUTCHours() >= weekly.from &&
  now.getUTCHours() < weekly.until &&
  lastTriedAt?.slice(0, 10) !== now.toISOString().slice(0, 10);

/** As far as this invocation gets; its progress is kept, so that a later one goes on from there whatever happens. */
async function goOn(
  services: WeeklyServices,
  given: Given,
  deps: DrillDeps,
  held: Parameters<typeof proceed>[1],
  from: Course,
): Promise<void> {
  const { drills } = services.drill;
  const acting = actingFor(deps, held.drill);
  const stop = deps.now().getTime() + workSeconds * 1000;
  const keep = async (course: Course, seconds = 0) => {
    const at = deps.now();
    const resumesBy = new Date(at.getTime() + seconds * 1000).toISOString();
    return await keepCourse(drills, held.drill.id, { course, aliveAt: at.toISOString(), resumesBy });
  };
  let course = from;
  if (!(await keep(course))) return;
  while (course.at !== 'ended') {
    if (deps.now().getTime() >= stop) {
      await keep(course, pauseSeconds);
      return;
    }
    const next = await proceed(acting, held, course);
    if (next === course) await deps.sleep(pollSeconds);
    // At its end, the drill's note is deleted if nothing is left.
    else if (!(await keep(next)) && next.at !== 'ended') return;
    course = next;
  }
  await tell(services, given, course.report, course.report.begunAt);
}

async function tell({ notices }: WeeklyServices, given: Given, report: DrillReport, version: string) {
  given.log(`drill: ${report.verdict}${report.because.map((why) => `; ${why}`).join('')}`);
  if (report.verdict !== 'passed') await notices.tell(noticeOf(report, version));
}

function depsOf(services: WeeklyServices, given: Given): DrillDeps {
  const { engine } = services;
  const { credential, graph, sleep } = given;
  return {
    responder: responderOf(services, given.log),
    graph,
    identity: async () => {
      const token = await credential.getToken('https://graph.microsoft.com/.default');
      const claims = claimsOf(token?.token ?? '');
      return { clientId: claims?.appid ?? '', permissions: claims?.roles ?? [] };
    },
    without: [],
    now: engine.now,
    sleep,
    // Nobody stops it: when an invocation's time is up, the next one goes on.
    ended: new AbortController().signal,
    tell: (what) => given.log(`drill: ${what}`),
  };
}

function responderOf(services: WeeklyServices, log: (line: string) => void): Responder {
  const { engine } = services;
  const asked = (body: object, params: ApiRequest['params'] = {}): ApiRequest => ({
    ...{ params, query: {}, url: 'http://localhost/', headers: {} },
    ...{ text: JSON.stringify(body), who: 'the weekly drill' },
  });
  return {
    drill: (body) => changeDrill(services.drill, drillBodySchema.parse(body)),
    async raise(alert) {
      if (engine.publish !== undefined) return await engine.publish([alert]);
      await services.triage(log)({ specversion: '1.0', source: 'reclaim/drill', ...alert }, alert.id);
    },
    async start(user, reason) {
      await startRun(engine, asked({ user, level: 'full', reason }), services.start);
    },
    async runsOf(userId, since) {
      const refs = (await engine.progress.list(new Date(since), 200)).filter((ref) => ref.userId === userId);
      const rows = await Promise.all(refs.map((ref) => engine.progress.read(ref)));
      return rows.flatMap((one) => (one && one.run.row.openedAt >= since ? [one.run.row.id] : []));
    },
    async run(id) {
      const rows = await engine.progress.read(runRef(id));
      if (rows === undefined) throw new Error(`run ${id} is gone`);
      return await documentOf(engine, rows);
    },
    async undo(id, reason) {
      await undoRun(engine, asked({ reason, falseAlarm: true }, { id }));
    },
    async problems() {
      const { checks } = await services.preflight.fly();
      return checks.flatMap(({ is, what }) => (is === 'problem' ? [what] : []));
    },
  };
}

function noticeOf({ account, verdict, because, refusals, left }: DrillReport, version: string): Notice {
  const lines: { text: string; details?: string[] }[] = [
    ...left.map(({ what, why, byHand }) => ({ text: `Remove ${what}: ${byHand}`, details: [why] })),
    ...refusals.map(({ why, now }) => ({ text: now, details: [why] })),
    ...because.map((why) => ({ text: why })),
  ];
  return {
    key: 'drill',
    version,
    headline: left.length > 0 ? 'DRILL LEFT SOMETHING' : 'DRILL NOT PASSED',
    subject: `the drill on ${plain(account, 100)} ${verdict === 'refused' ? 'was refused' : 'did not pass'}`,
    tone: left.length > 0 ? 'alarm' : 'waiting',
    lead: 'The weekly drill planted a harmless intrusion on the account made for it, or tried to. What is said here would go wrong in an incident, too.',
    sections: [
      {
        title: 'What you do now',
        numbered: true,
        lines: lines.map(({ text, details = [] }) => ({
          text: plain(text, 400),
          details: details.map((one) => plain(one, 400)),
        })),
      },
    ],
  };
}
