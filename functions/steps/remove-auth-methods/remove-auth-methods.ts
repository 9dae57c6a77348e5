// Removes the sign-in methods that the intruder registered. Only while sign-in is blocked: an account without methods
// belongs to the first person who registers one. auth-methods.ts judges who registered a method.
import { z } from 'zod';
import { path } from '../../../shared/clients/path.ts';
import { madeByIntruder, readDirectoryAudits } from '../../../shared/intruder/audit.ts';
import { windowStart } from '../../../shared/intruder/window.ts';
import {
  collections,
  deletionsIn,
  judgeMethods,
  methodSchema,
} from '../../../shared/microsoft365/auth-methods.ts';
import { methodOfDrill } from '../../../shared/microsoft365/drill.ts';
import { unlessGone } from '../../../shared/microsoft365/gone.ts';
import { authMethodsPage } from '../../../shared/microsoft365/links.ts';
import { remediation, settings } from '../../../shared/model/step.ts';
import { askTheOwner, changeDefault, registerAgain, removeByHand } from './auth-method-tasks.ts';
import { canBeDefault, deletionRank, isDefaultBy, readDefaultMethod } from './default-method.ts';

const beforeSchema = z.object({
  collection: z.enum(collections),
  id: z.string(),
  name: z.string(),
  createdDateTime: z.string().nullable(),
});

/** DELETE at the endpoint of each type: UserAuthenticationMethod.ReadWrite.All (https://learn.microsoft.com/graph/api/resources/authenticationmethods-overview). */
export const removeAuthMethods = remediation({
  name: 'remove-auth-methods',
  title: "Remove the intruder's authentication methods",
  removes:
    'methods and passes that the intruder registered; all others stay, and hardware tokens are left to hands',
  did: (methods) => (methods === 1 ? 'registered a sign-in method' : `registered ${methods} sign-in methods`),
  guide: ['MS back doors', 'MS 1'],
  stage: 'evict',
  byHand: ({ id }) => ({
    link: authMethodsPage(id),
    role: 'Privileged Authentication Administrator',
    how: 'Delete each method that the owner, asked by phone, does not know.',
  }),
  part: 'methods',
  reaches: 'methods',
  settings: settings('act'),
  permissions: { graph: ['UserAuthenticationMethod.ReadWrite.All', 'AuditLog.Read.All'] },
  appliesTo: () => true,
  after: ['collect-sign-ins'],
  againAfter: ['collect-audit-log'],
  requires: ['block-sign-in'],
  before: beforeSchema,

  async find({ account, run, intruder, graph }) {
    const since = windowStart(run, intruder);
    const all = await graph.list(path`/users/${account.id}/authentication/methods`, methodSchema);
    const log = await readDirectoryAudits(graph, account.id, since, 'on');
    const audits = 'skip' in log ? [] : log;
    const drilled = all.flatMap((method) => {
      const planted = methodOfDrill(run, method);
      return planted === undefined ? [] : { method, by: undefined, ...planted };
    });
    const rest = all.filter((method) => !drilled.some((one) => one.method === method));
    const judged = judgeMethods(rest, audits, intruder, since, !('skip' in log));
    const { doubtful, kept } = judged;
    const theirs = [...judged.theirs, ...drilled];
    const remaining = [...doubtful, ...kept].filter(({ method }) => canBeDefault(method));
    const preferred = theirs.some(({ method }) => canBeDefault(method))
      ? await readDefaultMethod(graph, account.id)
      : null;

    const changes = theirs
      .toSorted((one, other) => deletionRank(one.method, preferred) - deletionRank(other.method, preferred))
      .flatMap(({ method: { id, kind, name, createdAt }, evidence, by }) =>
        kind === null
          ? []
          : {
              id: `method:${id}`,
              what: name,
              why: 'the intruder can prove with it to be the owner',
              evidence,
              ...(by === undefined ? {} : { by }),
              before: { collection: collections[kind], id, name, createdDateTime: createdAt },
            },
      );
    const tasks = [
      ...theirs.flatMap(({ method, evidence }) =>
        method.kind === null ? removeByHand(method, evidence, account) : [],
      ),
      ...theirs.flatMap(({ method }) =>
        remaining.length > 0 && isDefaultBy(preferred, method) ? changeDefault(method, account) : [],
      ),
      ...askTheOwner(doubtful, account),
      ...deletionsIn(audits).flatMap((entry) =>
        madeByIntruder(entry, intruder) === undefined ? [] : registerAgain(entry, account),
      ),
    ];
    const seen = kept.map(({ method, why }) => ({ what: method.name, why }));
    const blind = 'skip' in log ? [{ what: 'who registered the methods', why: log.skip }] : [];
    return { changes, tasks, kept: [...seen, ...blind] };
  },

  async fix({ before }, { account, graph }) {
    const { collection, id } = before;
    const user = `/users/${encodeURIComponent(account.id)}` as const;
    await unlessGone(graph.delete(`${user}/authentication/${collection}/${encodeURIComponent(id)}`));
  },

  undo: "A deleted method cannot be given back, and these were the intruder's: the owner registers their own again.",
});
