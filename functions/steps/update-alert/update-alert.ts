// Tells the analysts of the alert or incident in Defender what was done here, and updates its status if configured.
// Runs last, and comments again only if the outcome changes.
import { z } from 'zod';
import { alertsPage } from '../../../shared/microsoft365/links.ts';
import { type Context, type RunView, remediation, settings } from '../../../shared/model/step.ts';
import { casesOf, collections, comment, moveOn, stateOf } from './defender-cases.ts';

const choices = settings('act').extend({
  /** Where to move it; to `resolved` only once the account is secured. */
  status: z.enum(['keep', 'inProgress', 'resolved']).default('keep'),
  /** Only for a secured account with evidence of an intruder; a person's own word is never replaced. */
  classification: z.enum(['keep', 'truePositive']).default('keep'),
  determination: z.enum(['keep', 'compromisedAccount']).default('keep'),
});

const beforeSchema = z.object({
  does: z.enum(['comment', 'move']),
  collection: z.enum(collections),
  id: z.string(),
  /** How often this run has commented there. */
  said: z.number(),
  status: z.string(),
  classification: z.string(),
  determination: z.string(),
});

/** SecurityAlert.ReadWrite.All and SecurityIncident.ReadWrite.All (https://learn.microsoft.com/graph/api/security-alert-update). */
export const updateAlert = remediation({
  name: 'update-alert',
  title: 'Update the alert in Defender',
  removes: 'nothing: it comments on the alert and its incident, and moves them on as configured',
  guide: ['MS tools'],
  stage: 'close',
  byHand: () => ({
    link: alertsPage(),
    role: 'Security Operator',
    how: 'Select the alert, then Manage alert: set its status, and say what was done.',
  }),
  settings: choices,
  permissions: { graph: ['SecurityAlert.ReadWrite.All', 'SecurityIncident.ReadWrite.All'] },
  appliesTo: () => true,
  before: beforeSchema,

  async find({ run, settings: wanted, graph }) {
    const cases = await casesOf(graph, run.signals);
    return {
      changes: cases.flatMap((one) => {
        const { comments, collection, id, status, classification, determination } = one;
        const name = `${collection === 'incidents' ? 'incident' : 'alert'} ${id}`;
        const own = comments.filter((text) => text.startsWith(mark(run)));
        const before = { collection, id, said: own.length, status, classification, determination };
        const speaks = own.at(-1)?.startsWith(headline(run)) !== true;
        const moves = Object.keys(stateOf(one, wanted, run)).length > 0;
        return [
          ...(speaks
            ? [
                {
                  id: `comment:${name}`,
                  what: `a comment on ${name}`,
                  why: 'whoever works on it there must know what was done',
                  before: { does: 'comment' as const, ...before },
                },
              ]
            : []),
          ...(moves
            ? [
                {
                  id: `state:${name}`,
                  what: `the state of ${name} (${status}, ${classification}, ${determination})`,
                  why: run.falseAlarm ? 'it was a false alarm' : 'the settings want it moved on',
                  before: { does: 'move' as const, ...before },
                },
              ]
            : []),
        ];
      }),
      kept: cases.length > 0 ? [] : [{ what: 'alerts in Defender', why: 'none is behind this run' }],
    };
  },

  async fix({ before }, context) {
    const { run, settings: wanted, graph } = context;
    const { collection, id, does } = before;
    if (does === 'comment') await comment(graph, collection, id, textFor(context));
    else await moveOn(graph, collection, id, stateOf(before, wanted, run));
  },

  undo: 'A comment cannot be taken back, and what analysts made of the alert since is theirs.',
});

const mark = ({ code }: RunView) => `[Reclaim ${code}]`;
const headline = (run: RunView) =>
  `${mark(run)} ${run.falseAlarm ? 'FALSE ALARM' : (run.verdict ?? 'AT WORK')}:`;

function textFor({ account, run }: Pick<Context<unknown>, 'account' | 'run'>): string {
  const those = (...ways: string[]) => {
    const names = Object.entries(run.ended ?? {}).flatMap(([name, is]) => (ways.includes(is) ? name : []));
    return names.join(', ') || 'none';
  };
  const steps = `Done: ${those('done')}. Did not end well: ${those('failed', 'needs-human')}. Only looked: ${those('reported')}.`;
  const text = `${headline(run)} ${account.userPrincipalName} (${account.id}), level ${run.level}. ${steps}`;
  return text.slice(0, 1000);
}
