// Removes every Temporary Access Pass before the account is given back, since anybody who holds one gets in without a
// password. It doesn't matter which were the intruder's; the owner gets a new one.
import { z } from 'zod';
import { authMethodsPage } from '../../shared/microsoft365/links.ts';
import { deletePass, passesOf, passPermissions } from '../../shared/microsoft365/temporary-access-pass.ts';
import { remediation, settings } from '../../shared/model/step.ts';

/** DELETE …/temporaryAccessPassMethods/{id} (https://learn.microsoft.com/graph/api/temporaryaccesspassauthenticationmethod-delete). */
export const deletePasses = remediation({
  name: 'delete-passes',
  title: 'Delete all Temporary Access Passes',
  removes: 'passes made before the account is given back, whoever made them',
  guide: [],
  stage: 'hand-back',
  part: 'passes',
  byHand: ({ id }) => ({
    link: authMethodsPage(id),
    role: 'Privileged Authentication Administrator',
    how: 'Delete each Temporary Access Pass.',
  }),
  settings: settings('act'),
  permissions: { graph: passPermissions },
  appliesTo: ({ guest }) => !guest || 'is a guest: its home tenant makes its passes',
  before: z.object({ id: z.string() }),

  async find({ account, run, graph }) {
    const passes = await passesOf(graph, account.id);
    if (run.handBack?.passAskedAt != null) {
      const why = 'an operator has asked for one for the owner';
      return { changes: [], kept: passes.map(({ name }) => ({ what: name, why })) };
    }
    return {
      changes: passes.map(({ id, name }) => ({
        id: `pass:${id}`,
        what: name,
        why: 'whoever holds it gets in without the password',
        before: { id },
      })),
    };
  },

  async fix({ before }, { account, graph }) {
    await deletePass(graph, account.id, before.id);
  },

  undo: 'A deleted pass cannot be given back: the owner gets a new one.',
});
