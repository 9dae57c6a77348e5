// What the intruder set up in other services goes on without them: flows, chats, apps, groups, forms. No step reverts
// these, so each becomes a task that says where to undo it. The operations are in left-behind.json, by the workloads'
// names for them (https://learn.microsoft.com/purview/audit-log-activities).
import { z } from 'zod';
import { type Act, actsIn, isOrdinary } from '../../../shared/intruder/acts.ts';
import { auditSearchPage } from '../../../shared/microsoft365/links.ts';
import { investigation, settings, type Task } from '../../../shared/model/step.ts';
import { inQuotes, trimEnd } from '../../../shared/model/text.ts';
import { dangers } from '../../../shared/model/words.ts';
import table from './left-behind.json' with { type: 'json' };

const kindSchema = z.strictObject({
  id: z.string(),
  operations: z.array(z.string()),
  /** An order; `{name}` stands for the thing it is about. */
  order: z.string(),
  instruction: z.string(),
  /** `{owner}` stands for the address of the account. */
  link: z.url(),
  role: z.string(),
  danger: z.enum(dangers),
  remains: z.string(),
  /** Where the record names it, if not as its object. */
  names: z.array(z.string()),
  /** If done to somebody else, review-admin-activity deals with it. */
  only: z.literal('the account').optional(),
});
type Kind = z.infer<typeof kindSchema>;

export const kinds: readonly Kind[] = z.array(kindSchema).parse(table);
const byOperation = new Map(
  kinds.flatMap((kind) => kind.operations.map((operation) => [operation.toLowerCase(), kind] as const)),
);

export const reviewLeftBehind = investigation({
  name: 'review-left-behind',
  title: 'Review what the intruder left behind',
  collects:
    'flows, connections, chats, apps, groups, forms and the like that the intruder made, each as a task',
  guide: ['MS tools'],
  stage: 'collect',
  settings: settings('act'),
  // What collect-audit-log read is enough: there is no request of its own.
  permissions: {},
  appliesTo: () => true,
  after: ['collect-audit-log'],
  judgesByAnswers: true,

  async collect({ run, account }) {
    const acts = actsIn(run);
    if (acts === undefined) {
      const why = 'the audit log has not answered, or cannot be searched';
      return { findings: [{ what: 'what the intruder set up in other services is not known', why }] };
    }
    const own = [account.id, account.userPrincipalName].map((name) => name.toLowerCase());
    const isOwn = ({ object }: Act) => own.some((name) => object?.toLowerCase().includes(name));
    const done = acts.filter((act) => act.succeeded && (kindOf(act)?.only === undefined || isOwn(act)));
    const tasks = [
      ...kinds.flatMap((kind) => tasksOf(kind, done, account.userPrincipalName)),
      ...unknown(done),
    ];
    const findings =
      tasks.length > 0
        ? []
        : [{ what: 'nothing set up in other services', why: 'is tied to the intruder in the audit log' }];
    return { findings, tasks };
  },
});

/** The directory ends some of its activity names with a full stop or a space. */
const kindOf = ({ activity }: Act) => byOperation.get(trimEnd(activity.toLowerCase(), '. \u00a0'));

/** What the record calls it: a name, or an address. */
function nameOf(kind: Kind, { data, object }: Act): string | null {
  const named = kind.names.flatMap((field) => z.string().min(1).safeParse(data[field]).data ?? []);
  return named[0] ?? object;
}

const mostOfOne = 5;

/** One task for each thing, and one for all those beyond what a person reads. */
function tasksOf(kind: Kind, acts: readonly Act[], owner: string): Task[] {
  const about = Map.groupBy(
    acts.filter((act) => kindOf(act) === kind),
    (act) => nameOf(kind, act),
  );
  const things = [...about];
  const tasks = things.slice(0, mostOfOne).map(([name, made]) => taskOf(kind, name, made, owner));
  const rest = things.slice(mostOfOne);
  return rest.length === 0
    ? tasks
    : [
        ...tasks,
        taskOf(
          kind,
          `${rest.length} more`,
          rest.flatMap(([, made]) => made),
          owner,
        ),
      ];
}

function taskOf(kind: Kind, name: string | null, acts: readonly Act[], owner: string): Task {
  const [last] = acts;
  const certain = acts.some(({ certainty }) => certainty === 'certain');
  const called = name === null ? '' : inQuotes(name.slice(0, 100));
  const order = kind.order.replace('{name}', called).replaceAll(/ +(?=[ ,:]|$)|:$/g, '');
  const what = certain ? order : `Ask the owner whether it is theirs, else: ${order}`;
  const made = [...new Set(acts.map(({ activity }) => activity))].join(', ');
  return {
    id: `${kind.id}:${name ?? ''}`,
    what,
    instruction: `${kind.instruction} By the log: ${made}${last === undefined ? '' : `, ${last.evidence}`}.`,
    link: kind.link.replace('{owner}', encodeURIComponent(owner)),
    role: kind.role,
    danger: kind.danger,
    ...(certain ? { remains: kind.remains } : {}),
  };
}

/**
 * Reverted, reported or asked about by other steps: whole names, beginnings, and what single words contain or end in.
 */
const whole =
  /^(send(as|onbehalf)?|(new|set|enable|disable|remove)-(inboxrule|sweeprule)|updateinboxrules|(set|add|remove|enable|new)-(mailbox|mailboxpermission|recipientpermission|mailboxfolderpermission|mailboxautoreplyconfiguration|mailboxcalendarfolder|mailboxmessageconfiguration|mailboxjunkemailconfiguration|mailboxregionalconfiguration|casmailbox|app)|(add|modify|update|remove)folderpermissions|updatecalendardelegation|create|update|move|movetodeleteditems|softdelete|harddelete|recordderelete|copy|chatretrieved)$/i;
const beginning =
  /^(consent to application|add (oauth2permissiongrant|delegated permission grant|app role assignment)|(user|admin) (registered|changed|updated|deleted|started|reviewed|completed)|update user|update stsrefreshtoken)/i;
const inWord = /^(sharing|addedto|search|(file|folder|page|list|userlog)\w)|accessed/i;
const endOfWord =
  /(link(created|updated|removed|used)|read|listed|viewed|deleted|removed|uninstalled|retrieved|exported)$/i;

const isElsewhere = (activity: string): boolean =>
  whole.test(activity) ||
  beginning.test(activity) ||
  /password|risk/i.test(activity) ||
  (/^(add|register|update|delete) /i.test(activity) && /device/i.test(activity)) ||
  (!/\W/.test(activity) && (inWord.test(activity) || endOfWord.test(activity.slice(-40))));

/**
 * Something that makes or opens, but is not in the table, so nobody else would mention it. Workloads write CreateFlow,
 * BotCreate and PlanCreated.
 */
const makes =
  /^(add|new|set|put|enable|register|send|import|start)|create|publish|share(?!point)|install|invite|upload|grant|(added|enabled|registered|imported)$/i;

function unknown(acts: readonly Act[]): Task[] {
  const others = acts.filter(
    (act) =>
      act.certainty === 'certain' &&
      kindOf(act) === undefined &&
      !isOrdinary(act.activity) &&
      !isElsewhere(act.activity) &&
      makes.test(act.activity) &&
      act.recordType !== 'directory',
  );
  if (others.length === 0) return [];
  const names = [
    ...new Set(
      others.map(({ activity, service }) => `${activity}${service === null ? '' : ` (${service})`}`),
    ),
  ];
  return [
    {
      id: 'unknown-operations',
      what: `Find out what the intruder set up by ${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}, and undo it`,
      instruction: `This app does not know where these are undone: ${names.slice(0, 20).join(', ')}. The table of collect-audit-log has each with its object.`,
      link: auditSearchPage(),
      role: 'Audit Reader in Purview',
    },
  ];
}
