// Signs of an intruder in the directory's log of what was done to an account: another name in the address list, and a
// password that changed several times.

import { type DirectoryAudit, madeByIntruder, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { when } from '../../../shared/intruder/describe-trail.ts';
import { userPage } from '../../../shared/microsoft365/links.ts';
import { doubt, type Look, none, type Symptoms } from '../../../shared/microsoft365/symptoms.ts';
import type { GraphReader } from '../../../shared/model/clients.ts';
import type { Intruder } from '../../../shared/model/intruder.ts';
import type { Context } from '../../../shared/model/step.ts';
import { inQuotes } from '../../../shared/model/text.ts';

/** AuditLog.Read.All; one request. */
export async function accountSymptoms(
  graph: GraphReader,
  look: Look,
  { intruder, run }: Pick<Context<unknown>, 'intruder' | 'run'>,
): Promise<Symptoms[]> {
  const audits = await readDirectoryAudits(graph, look.account.id, look.since, 'on');
  if ('skip' in audits) {
    return [{ findings: [{ what: 'changes of name and password were not looked at', why: audits.skip }] }];
  }
  return [displayName(audits, intruder, look), passwordChanges(audits, intruder, run.openedAt)];
}

const shown = (value: unknown) =>
  (Array.isArray(value) ? value.map(String).join(', ') : String(value ?? '')) || 'nothing';

/** "Update user" with another DisplayName: what colleagues see as the sender. */
function displayName(audits: readonly DirectoryAudit[], intruder: Intruder, look: Look): Symptoms {
  const changes = audits.flatMap((audit) =>
    audit.succeeded
      ? audit.targets
          .filter(({ id }) => id === look.account.id)
          .flatMap(({ changed }) => changed.filter(({ name }) => name === 'DisplayName'))
          .map((change) => ({ audit, change }))
      : [],
  );
  const [last] = changes;
  if (last === undefined) return none;
  const { audit, change } = last;
  const who = audit.actor.userPrincipalName ?? audit.actor.app ?? 'somebody';
  const { findings, tasks = [] } = doubt(look, {
    id: 'display-name',
    what: `the display name became ${inQuotes(shown(change.after))}, before it was ${inQuotes(shown(change.before))}`,
    evidence: madeByIntruder(audit, intruder),
    why: `${who} changed it at ${when(audit.time)}`,
    whether: 'the new display name is',
    remedy: `Give the account its name again: ${inQuotes(shown(change.before))}`,
    how: 'Edit properties, Display name.',
    danger: 'people',
  });
  return { findings, tasks: tasks.map((task) => ({ ...task, link: userPage(look.account.id) })) };
}

const ofPassword = /^(Change|Reset) (user )?password|^Reset password \(|^Change password \(/i;

/** Once is a change; several times means that somebody wants to be sure to stay. What this run did doesn't count. */
function passwordChanges(audits: readonly DirectoryAudit[], intruder: Intruder, openedAt: string): Symptoms {
  const changes = audits.filter(
    ({ activity, succeeded, actor, time }) =>
      succeeded && ofPassword.test(activity) && !(actor.app !== null && time >= Date.parse(openedAt)),
  );
  const evidence = changes.flatMap((audit) => madeByIntruder(audit, intruder) ?? [])[0];
  if (changes.length === 0 || (changes.length === 1 && evidence === undefined)) return none;
  const times = changes
    .slice(0, 5)
    .map(({ time, actor }) => `${when(time)} by ${actor.userPrincipalName ?? actor.app ?? 'somebody'}`);
  return {
    findings: [
      {
        what: `the password was changed ${changes.length === 1 ? 'once' : `${changes.length} times`}: ${times.join('; ')}`,
        why: evidence ?? 'repeated changes are a sign of an intruder',
      },
    ],
  };
}
