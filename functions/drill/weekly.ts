// The drill by timer, off unless an account is named for it: the same drill, with a managed identity of its own, and a mail
// to on-call when it did not pass. Whatever a drill that was cut off has left is cleaned up within the hour.
import { setTimeout } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { createGraph } from '../../shared/clients/graph.ts';
import type { Notice } from '../../shared/mail/notice.ts';
import { plain } from '../../shared/mail/plain.ts';
import { claimsOf } from '../../shared/preflight/token.ts';
import { runRef } from '../../shared/run/progress.ts';
import type { ApiRequest } from '../runs/api.ts';
import { documentOf } from '../runs/api.ts';
import { undoRun } from '../runs/change-run.ts';
import { startRun } from '../runs/start-run.ts';
import type { Services } from '../services.ts';
import { cleanUpAfter, type DrillDeps, type DrillReport, drill, type Responder } from './drill.ts';
import { changeDrill, drillBodySchema } from './drills.ts';

export type WeeklyServices = Pick<
  Services,
  'engine' | 'start' | 'triage' | 'drill' | 'preflight' | 'notices'
>;

/** The function itself is ended after five minutes (host.json): the rest is for cleaning up. */
const plantingSeconds = 200;
/** Tuesday morning, when somebody is there to look. */
const weekly = { day: 2, hour: 10 };

interface Given {
  account: string;
  credential: TokenCredential;
  graphUrl: string;
  log: (line: string) => void;
}

/** Called every hour. */
export async function drillByTimer(services: WeeklyServices, given: Given): Promise<void> {
  const { engine } = services;
  const now = engine.now();
  const { row } = await services.drill.drills.read();
  const deps = depsOf(services, given, AbortSignal.timeout(plantingSeconds * 1000));
  const isDue = now.getUTCDay() === weekly.day && now.getUTCHours() === weekly.hour;
  if (row.current === null && !isDue) return;
  const report = isDue ? await drill(deps, given.account) : await cleanUpAfter(deps, given.account);
  given.log(`drill: ${report.verdict}${report.because.map((why) => `; ${why}`).join('')}`);
  if (report.verdict !== 'passed' && (isDue || report.left.length > 0))
    await services.notices.tell(noticeOf(report));
}

function depsOf(services: WeeklyServices, given: Given, ended: AbortSignal): DrillDeps {
  const { engine } = services;
  const { credential, graphUrl } = given;
  return {
    responder: responderOf(services, given.log),
    graph: createGraph({ credential, baseUrl: graphUrl, now: engine.now }),
    identity: async () => {
      const token = await credential.getToken('https://graph.microsoft.com/.default');
      const claims = claimsOf(token?.token ?? '');
      return { clientId: claims?.appid ?? '', permissions: claims?.roles ?? [] };
    },
    without: [],
    now: engine.now,
    sleep: async (seconds) => await setTimeout(seconds * 1000),
    ended,
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

function noticeOf({ account, begunAt, verdict, because, refusals, left }: DrillReport): Notice {
  const lines: { text: string; details?: string[] }[] = [
    ...left.map(({ what, why, byHand }) => ({ text: `Remove ${what}: ${byHand}`, details: [why] })),
    ...refusals.map(({ why, now }) => ({ text: now, details: [why] })),
    ...because.map((why) => ({ text: why })),
  ];
  return {
    key: 'drill',
    version: begunAt,
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
