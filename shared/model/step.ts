// The shape of a step. Dry run, idempotent re-runs, snapshots, read-back, undo and later checks all use the same three
// small functions, so a step contains no status, queue, log, retry or environment code.
// Longer than other files, because it is the one page that the author of a step reads.
import { z } from 'zod';
import type { Account } from './account.ts';
import type { ClientName, Clients, Readers } from './clients.ts';
import type { Intruder, StoredTrace } from './intruder.ts';
import type { Outcome } from './rows.ts';
import type { Signal } from './signal.ts';
import { type Danger, type Json, type Mode, modes, type Part, type Stage } from './words.ts';

/** What an investigation hands to other steps, each under this name in `run.facts`. */
export const handedOn = ['sign-ins', 'acts', 'sent-mail', 'contact'] as const;
export type HandedOn = (typeof handedOn)[number];

/** Licences without which a step can do nothing. */
export const stepLicences = [
  'entraP1',
  'entraP2',
  'defenderForEndpoint',
  'defenderForOffice',
  'defenderForIdentity',
] as const;
export type StepLicence = (typeof stepLicences)[number];

/** Directory roles that the app needs besides its permissions: for users, for administrators too, for devices. */
const reaches = ['users', 'methods'] as const;
export type Reach = (typeof reaches)[number];

/** The section of the summary for an investigation's findings; without one, the general evidence. */
export type ToldIn = 'sent' | 'others';

/**
 * One thing that a remediation found and alters. Its identity is (id, before): the same id in a new state is a new
 * change.
 */
export interface Change<B extends Json = Json> {
  id: string;
  /** What it is, with names: "rule '..' forwards to x@evil.example". */
  what: string;
  /** Why it is altered. */
  why: string;
  /** What ties it to the intruder, in one sentence; left out if the change follows from policy. */
  evidence?: string;
  /** Who made it according to the log. If that turns out to be the owner, the change is given back. */
  by?: StoredTrace;
  /** The state before, all that undo needs. */
  before: B;
  /** The effect is slow, scarce or invisible: done once, and never repeated just because a look still finds it. */
  once?: true;
  /** For a change that is done once: a repeated request does no harm, so it is sent again if its effect is unknown. */
  again?: true;
  /** How long a look may still find it; after that a person is asked. Left out: five minutes. */
  seenWithinMinutes?: number;
}

/** One thing that only a person can do. */
export interface Task {
  id: string;
  /** An order that begins with a verb: "Warn 3 people, 2 of them outside". */
  what: string;
  /** How, in the words of the linked page. */
  instruction: string;
  /** The exact page to do it on. */
  link: string;
  /** The role needed for it: "Exchange Administrator". */
  role: string;
  /** Exchange Online PowerShell to type, one command per line; the line that connects is put before it. */
  commands?: readonly string[];
  /** What goes wrong until it is done; left out if it can wait. */
  danger?: Danger;
  /** What the intruder still has until it is done: "a sweep rule". */
  remains?: string;
  /** Until it is done, the step's job isn't. */
  essential?: true;
  /** Done with the owner when the account is given back: it can wait, so it doesn't count in the verdict. */
  atHandBack?: true;
  /** For an undo: replaces the message that this could not be put back. */
  instead?: true;
}

/** What was looked at and left alone; for an investigation, what it saw. */
export interface Kept {
  what: string;
  why: string;
  /** Sends mail out of the organisation and is kept: the summary names it. */
  told?: true;
}

export interface Found<B extends Json = Json> {
  changes: readonly Change<B>[];
  tasks?: readonly Task[];
  kept?: readonly Kept[];
  /** An export of the state before anything was changed; the first look's export is kept. */
  attachments?: readonly Attachment[];
  /** Ids of things that now prove to be the owner's in the logs: if this run changed one, it is given back. */
  owners?: readonly string[];
}

/** Doesn't apply, which only the service could tell: no licence, no mailbox. */
export interface Skip {
  skip: string;
  /** What a person can do instead. */
  tasks?: readonly Task[];
}

/** The service needs time: ask again, with this memo. */
export interface Later<M extends Json = Json> {
  laterSeconds: number;
  memo: M;
}

export interface Attachment {
  name: string;
  type: 'text/csv' | 'text/plain' | 'application/json';
  content: string;
}

export interface Collected {
  findings: readonly Kept[];
  tasks?: readonly Task[];
  /** What is now known of the intruder; the run keeps it for later steps. */
  intruder?: Intruder;
  attachments?: readonly Attachment[];
  /** For other steps, which find it in `run.facts` under the names that this step declares, and parse it there. */
  facts?: Json;
  /** What the intruder certainly did, in one sentence: like a change's evidence, it lets the run go further. */
  proof?: string;
  /** For the front door, published before this settles, so that none is lost; an investigation opens no run itself. */
  alerts?: readonly OutgoingAlert[];
}

/** An event for the topic. A republished event has the same `id`, so that duplicates are dropped. */
export interface OutgoingAlert {
  id: string;
  type: `Reclaim.${string}`;
  data: Json;
}

/** What a step may know about its run. */
export interface RunView {
  id: string;
  code: string;
  level: 'contain' | 'full';
  openedAt: string;
  signals: readonly Signal[];
  /** Latest time (ISO 8601) at which a step of this run altered something, by step name. */
  fixedAt: Readonly<Record<string, string>>;
  /** How the steps of this run ended so far, by name; a pending or waiting step has none. */
  ended?: Readonly<Record<string, Outcome['is']>>;
  /** The run's result so far, in the summary's word: `CONTAINED`. */
  verdict?: string;
  /** Once the account is being given back: since when, and when a pass was requested for its owner. */
  handBack?: { begunAt: string; passAskedAt: string | null };
  /** It was undone because nobody had attacked the account. */
  falseAlarm?: true;
  /** What investigations have handed on; empty until they settle. */
  facts?: Readonly<Partial<Record<HandedOn, Json>>>;
  /** Facts that were asked for and have arrived, or never will: what `facts` lacks then won't come. */
  answered?: readonly HandedOn[];
  /** When Entra ID roles were last removed, if any were. */
  rolesRemovedAt?: string;
  /** A fire drill opened it: see microsoft365/drill.ts. */
  drill?: { sink: string };
}

export interface Context<S> {
  account: Account;
  run: RunView;
  intruder: Intruder;
  settings: S;
  now: Date;
  /** For the few steps that remove an administrator: see leaveOneAdministrator. */
  mayGo?: (others: readonly string[]) => Promise<boolean>;
  /** For the step that searches the audit log: see run/audit-searches.ts. */
  searches?: {
    start(look: 'first' | 'later'): Promise<'started' | 'running' | 'day'>;
    end(how: 'ended' | 'refused'): Promise<void>;
  };
  /** Aborts at the function's own deadline: the host sends no cancellation. */
  abort: AbortSignal;
}

/** A step's settings: its mode and, with `.extend`, whatever else an administrator may choose. */
export const settings = (mode: Mode) => z.strictObject({ mode: z.enum(modes).default(mode) });

/** The clients a step uses, and the permissions it needs on each: permissions are declared only here. */
type Permissions<Uses extends ClientName> = { readonly [C in Uses]: readonly [string, ...string[]] };

export interface ByHand {
  link: string;
  role: string;
  /** What to select there. */
  how?: string;
  /** PowerShell for Exchange Online, if its admin center can't do it. */
  commands?: readonly string[];
}

/** The account that it acts on. */
export type Whose = Pick<Account, 'id' | 'userPrincipalName'>;

interface Declaration<Name extends string> {
  /** Also names the file, the function step-…, the queue and the row. */
  name: Name;
  /** In the imperative; what on-call reads. */
  title: string;
  /** Rows of the guides that it answers. */
  guide: readonly string[];
  stage: Stage;
  /** Its role for the rest of the app, if any. */
  part?: Part;
  /** Licences without which it can do nothing; preflight reports a missing one. */
  licences?: readonly StepLicence[];
  /** Needs a directory role that reaches these; preflight checks it. */
  reaches?: Reach;
  /** Where, and in which role, a person does its work if it can't. Left out: on the page of the user or the mailbox. */
  byHand?(whose: Whose): ByHand;
  /** Its cmdlets belong to Security & Compliance, where an administrator gives the app its role by hand. */
  cmdletsOf?: 'compliance';
  /** true, or the reason why not. */
  appliesTo(account: Account): true | string;
  /** Waits until these were tried; looks again if one of them brings news later. */
  after?: readonly string[];
  /** Does not wait for these; looks again if one of them brings news. */
  againAfter?: readonly string[];
  /** It matters that a log was read at all: an empty answer is news too. */
  judgesByAnswers?: true;
  /** Must have ended well first; otherwise a person decides. */
  requires?: readonly string[];
}

type Reading<S, Uses extends ClientName> = Context<NoInfer<S>> & Pick<Readers, NoInfer<Uses>>;
type Writing<S, Uses extends ClientName> = Context<NoInfer<S>> & Pick<Clients, NoInfer<Uses>>;

interface RemediationDeclaration<Name extends string, Uses extends ClientName, S, B extends Json>
  extends Declaration<Name> {
  /** What it removes, and its limits. */
  removes: string;
  /** What the intruder did if changes have evidence, for the run's story: `made 2 inbox rules`. */
  did?: (changes: number) => string;
  settings: z.ZodType<S>;
  permissions: Permissions<Uses>;
  before: z.ZodType<B>;
  /**
   * Put back at hand-back (protocols) rather than left as it is; anything that gives power (roles) needs its own
   * approval.
   */
  restoredAtHandBack?: true | 'after approval';
  find(context: Reading<S, Uses>): Promise<Found<NoInfer<B>> | Skip>;
  fix(change: Change<NoInfer<B>>, context: Writing<S, Uses>): Promise<void>;
  /** Restores the recorded state; a sentence instead of a function says why nothing can be restored. */
  undo: string | ((change: Change<NoInfer<B>>, context: Writing<S, Uses>) => Promise<Task | undefined>);
}

interface InvestigationDeclaration<Name extends string, Uses extends ClientName, S, M extends Json>
  extends Declaration<Name> {
  /** What it looks at. */
  collects: string;
  settings: z.ZodType<S>;
  permissions: Permissions<Uses>;
  /** What it hands on to other steps as facts. */
  handsOn?: HandedOn;
  /** Where the summary reports its findings. */
  toldIn?: ToldIn;
  /** The trace it leaves in the tenant, if any: then dry runs skip it, unless its settings say `evenInDryRun`. */
  leaves?: string;
  memo?: z.ZodType<M>;
  collect(
    context: Reading<S, Uses>,
    memo: NoInfer<M> | undefined,
  ): Promise<Collected | Later<NoInfer<M>> | Skip>;
}

/** A context whose settings are still as the administrator wrote them. */
export type RawContext = Context<unknown>;

interface StepBase extends Declaration<string> {
  licences: readonly StepLicence[];
  after: readonly string[];
  againAfter: readonly string[];
  requires: readonly string[];
  permissions: Partial<Record<ClientName, readonly string[]>>;
  /** Parses the administrator's settings; throws ZodError. */
  settings: z.ZodType<unknown>;
  mode(raw: unknown): Mode;
}

/** A remediation as the engine sees it: `before` is parsed at this door, so the inside stays typed. */
export interface Remediation extends StepBase {
  kind: 'remediation';
  removes: string;
  did: ((changes: number) => string) | undefined;
  restoredAtHandBack: boolean | 'after approval';
  find(context: RawContext, readers: Readers): Promise<Found | Skip>;
  fix(change: Change, context: RawContext, clients: Clients): Promise<void>;
  undo: string | ((change: Change, context: RawContext, clients: Clients) => Promise<Task | undefined>);
}

export interface Investigation extends StepBase {
  kind: 'investigation';
  collects: string;
  leaves: string | null;
  handsOn: HandedOn | null;
  toldIn: ToldIn | null;
  /** Whether the administrator allows its trace even when it only looks. */
  evenInDryRun(raw: unknown): boolean;
  collect(context: RawContext, readers: Readers, memo: Json): Promise<Collected | Later | Skip>;
}

export type Step = Remediation | Investigation;

const modeSchema = z.looseObject({ mode: z.enum(modes) });
const evenInDryRunSchema = z.looseObject({ evenInDryRun: z.literal(true) });

function base<Name extends string, Uses extends ClientName, S>(
  step: Declaration<Name> & { settings: z.ZodType<S>; permissions: Permissions<Uses> },
) {
  return {
    name: step.name,
    title: step.title,
    guide: step.guide,
    stage: step.stage,
    ...(step.part === undefined ? {} : { part: step.part }),
    licences: step.licences ?? [],
    ...(step.reaches === undefined ? {} : { reaches: step.reaches }),
    ...(step.byHand === undefined ? {} : { byHand: step.byHand }),
    ...(step.cmdletsOf === undefined ? {} : { cmdletsOf: step.cmdletsOf }),
    appliesTo: step.appliesTo,
    after: step.after ?? [],
    againAfter: step.againAfter ?? [],
    ...(step.judgesByAnswers === undefined ? {} : { judgesByAnswers: step.judgesByAnswers }),
    requires: step.requires ?? [],
    permissions: step.permissions,
    settings: step.settings,
    mode: (raw: unknown): Mode => modeSchema.parse(step.settings.parse(raw ?? {})).mode,
  };
}

const typedContext =
  <S>(schema: z.ZodType<S>) =>
  (context: RawContext): Context<S> => ({ ...context, settings: schema.parse(context.settings ?? {}) });

export function remediation<
  const Name extends string,
  const Uses extends ClientName,
  S,
  const B extends Json,
>(step: RemediationDeclaration<Name, Uses, S, B>): Remediation & { readonly name: Name } {
  const typed = typedContext(step.settings);
  const change = (raw: Change): Change<B> => ({ ...raw, before: step.before.parse(raw.before) });
  const { undo } = step;
  return {
    ...base(step),
    kind: 'remediation',
    removes: step.removes,
    did: step.did,
    restoredAtHandBack: step.restoredAtHandBack ?? false,
    find: (context, readers) => step.find({ ...typed(context), ...readers }),
    fix: (raw, context, clients) => step.fix(change(raw), { ...typed(context), ...clients }),
    undo:
      typeof undo === 'string'
        ? undo
        : (raw, context, clients) => undo(change(raw), { ...typed(context), ...clients }),
  };
}

export function investigation<
  const Name extends string,
  const Uses extends ClientName,
  S,
  const M extends Json = null,
>(step: InvestigationDeclaration<Name, Uses, S, M>): Investigation & { readonly name: Name } {
  const typed = typedContext(step.settings);
  return {
    ...base(step),
    kind: 'investigation',
    collects: step.collects,
    leaves: step.leaves ?? null,
    handsOn: step.handsOn ?? null,
    toldIn: step.toldIn ?? null,
    evenInDryRun: (raw) => evenInDryRunSchema.safeParse(step.settings.parse(raw ?? {})).success,
    collect: (context, readers, memo) =>
      step.collect({ ...typed(context), ...readers }, memo === null ? undefined : step.memo?.parse(memo)),
  };
}
