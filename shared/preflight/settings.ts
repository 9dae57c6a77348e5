// Settings that name something in the tenant, and sources that have fallen silent: neither shows before it is needed.
import { z } from 'zod';
import type { SourceHealth } from '../alerts/source-health.ts';
import { path } from '../clients/path.ts';
import { clock } from '../mail/plain.ts';
import type { GraphReader } from '../model/clients.ts';
import { type Finding, look, ok, problem, warning } from './finding.ts';

const groupSettingsSchema = z.looseObject({ group: z.guid() });

/** Groups that steps add accounts to, if any is set. GroupMember.Read.All. */
export async function stepFindings(
  graph: GraphReader,
  steps: Readonly<Record<string, unknown>>,
  isOn: (step: string) => boolean,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [step, given] of Object.entries(steps)) {
    const set = groupSettingsSchema.safeParse(given);
    if (!isOn(step) || !set.success) continue;
    const { group } = set.data;
    const told = {
      check: `group of ${step}`,
      area: 'accounts',
      what: `the group ${group} that ${step} adds accounts to exists`,
      concerns: [step],
    } as const;
    const asking = () => graph.get(path`/groups/${group}?$select=id`, z.unknown());
    findings.push(
      await look({ ...told, rights: 'GroupMember.Read.All' }, asking, (refused) =>
        refused.status === 404
          ? problem(
              { ...told, what: `the group ${group} that ${step} adds accounts to does not exist` },
              'Name in STEPS the group that your Conditional Access policy asks multifactor authentication of.',
            )
          : undefined,
      ),
    );
  }
  return findings;
}

/** A source that once answered and no longer does. If all are silent, on-call is told at once; see shared/alerts/silence.ts. */
export async function sourceFindings(
  health: Pick<SourceHealth, 'all'>,
  silentAfterHours: number,
  now: Date,
): Promise<Finding[]> {
  const states = await health.all();
  if (states.length === 0) {
    const what = 'no source of alerts has been heard yet';
    return [
      warning(
        { check: 'sources', area: 'app', what },
        'Right on the first day; later see the log of poll-alerts.',
      ),
    ];
  }
  return states.flatMap(({ name, answeredAt, deliveredAt }): Finding[] => {
    if (answeredAt === null) return [];
    const told = { check: `source ${name}`, area: 'app', concerns: ['triage-alert'] } as const;
    const brought = `brought something last ${deliveredAt === null ? 'never' : `at ${clock(deliveredAt)}`}`;
    const silent = now.getTime() - Date.parse(answeredAt) > silentAfterHours * 3_600_000;
    const what = `source ${name} answered last at ${clock(answeredAt)}, ${brought}`;
    if (!silent) return [ok({ ...told, what })];
    return [
      warning(
        { ...told, what },
        'See the log of the function that reads it, and whether it is still wanted.',
      ),
    ];
  });
}
