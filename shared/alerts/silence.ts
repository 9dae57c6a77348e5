// No signal is a signal: a responder that no source reaches looks just like a quiet week. On-call is told once if no source
// has answered or delivered for longer than the settings allow, and once when one is heard again.
import type { Notice } from '../mail/notice.ts';
import type { Notices } from '../mail/notices.ts';
import { clock, count } from '../mail/plain.ts';
import type { SourceHealth, SourceState } from './source-health.ts';

interface Dependencies {
  health: Pick<SourceHealth, 'all' | 'watchedSince'>;
  notices: Pick<Notices, 'tell' | 'last'>;
  /** NO_SIGNAL_HOURS. */
  silentAfterHours: number;
  now: () => Date;
  log: (line: string) => void;
}

const hourMs = 3_600_000;
const key = 'no-signal';
const silentSince = 'silent since ';

/** An alert rule outside the app looks for the word `no-signal` in the log, because mail may be down as well. */
export async function watchSources(deps: Dependencies): Promise<'silent' | 'heard'> {
  const now = deps.now();
  const begun = await deps.health.watchedSince(now);
  const states = await deps.health.all();
  const heard = states.flatMap(({ answeredAt, deliveredAt }) => [answeredAt, deliveredAt]);
  const last = heard.reduce<string>(
    (latest, at) => (at !== null && at > latest ? at : latest),
    begun.toISOString(),
  );
  if (now.getTime() - Date.parse(last) > deps.silentAfterHours * hourMs) {
    deps.log(`no-signal: no source of alerts has answered or delivered since ${last}`);
    await deps.notices.tell(silence(last, states, now));
    return 'silent';
  }
  const told = (await deps.notices.last(key))?.notice.version;
  if (told?.startsWith(silentSince)) {
    await deps.notices.tell(backAgain(told.slice(silentSince.length), last));
  }
  return 'heard';
}

function silence(last: string, states: readonly SourceState[], now: Date): Notice {
  const hours = Math.floor((now.getTime() - Date.parse(last)) / hourMs);
  return {
    key,
    version: `${silentSince}${last}`,
    headline: 'NO SIGNAL',
    subject: `no source of alerts has answered for ${count(hours, 'hour')}`,
    tone: 'alarm',
    lead: `Since ${clock(last)} no source of alerts has answered or delivered anything. Until one does, a compromised account is not noticed here. You are told when one is heard again.`,
    sections: [
      {
        title: 'What you do now',
        numbered: true,
        lines: [
          {
            text: 'Watch the incidents of Defender yourself until this is fixed',
            link: { text: 'Incidents', url: 'https://security.microsoft.com/incidents' },
          },
          { text: 'Ask what is wrong: POST /api/preflight tries every source and says what to do' },
          { text: 'Look in the log of the function poll-alerts, and at the health of Microsoft 365' },
          { text: 'If a tenant this quiet is normal, set NO_SIGNAL_HOURS higher' },
        ],
      },
      {
        title: 'Sources',
        lines: states.length === 0 ? [{ text: 'none was ever heard' }] : states.map(lineOf),
      },
    ],
  };
}

const lineOf = ({ name, answeredAt, deliveredAt }: SourceState) => ({
  text: name,
  details: [
    `answered last: ${answeredAt === null ? 'never' : clock(answeredAt)}`,
    `delivered last: ${deliveredAt === null ? 'never' : clock(deliveredAt)}`,
  ],
});

const backAgain = (from: string, heardAt: string): Notice => ({
  key,
  version: `heard again after ${from}`,
  headline: 'SIGNAL IS BACK',
  subject: `a source of alerts was heard again at ${clock(heardAt)}`,
  tone: 'well',
  lead: `Between ${clock(from)} and ${clock(heardAt)} no source was heard. What Microsoft Graph still holds of that time is read now; what a stream or a playbook did not deliver is lost.`,
  sections: [
    {
      title: 'What you do now',
      lines: [
        {
          text: 'Look through the incidents of that time in Defender',
          link: { text: 'Incidents', url: 'https://security.microsoft.com/incidents' },
        },
      ],
    },
  ],
});
