// The shape of a step. Dry run, idempotent re-runs, snapshots, read-back, undo and later checks are all uses of
// the same three small functions, so a step holds no status, queue, log, retry or environment code.
// Longer than other files, since it is the one page that the author of a step reads.
import { z } from 'zod';
import type { Account } from './account.ts';
import type { ClientName, Clients, Readers } from './clients.ts';
import type { Intruder, StoredTrace } from './intruder.ts';
import type { Outcome } from './rows.ts';
import type { Signal } from './signal.ts';
import { type Danger, type Json, type Mode, modes, type Part, type Stage } from './words.ts';

/** What an investigation hands on, each read under this name in `run.facts`. */
export const handedOn = ['sign-ins', 'acts', 'sent-mail', 'contact'] as const;
export type HandedOn = (typeof handedOn)[number];

/** Licences that a step can do nothing without. */
export const stepLicences = [
  'entraP1',
  'entraP2',
  'defenderForEndpoint',
  'defenderForOffice',
  'defenderForIdentity',
] as const;
export type StepLicence = (typeof stepLicences)[number];

/** Directory roles that the app must hold besides its permissions: of users, of administrators too, of devices. */
const reaches = ['users', 'methods'] as const;
export type Reach = (typeof reaches)[number];

/** The section of the summary that tells what an investigation found; without one, the evidence at large. */
export type ToldIn = 'sent' | 'others';

/** One thing a remediation found and alters. Its identity is (id, before): the same id in a new state is a new change. */
export interface Change<B extends Json = Json> {
  id: string;
  /** What it is, with names: "rule '..' forwards to x@evil.example". */
  what: string;
  /** Why it is altered. */
  why: string;
  /** What ties it to the intruder, in one sentence; left out where the change follows from policy. */
  evidence?: string;
  /** Who made it by the log. If that turns out to be the owner, what was done to it is given back. */
  by?: StoredTrace;
  /** The state before, all that undo needs. */
  before: B;
  /** The effect is slow, scarce or invisible: done once, never repeated because it is still found at once. */
  once?: true;
  /** Of what is done once: asking again does no harm, so it is asked again where nobody knows whether it arrived. */
  again?: true;
  /** How long it may take until a look no longer finds it; after that a person is asked. Left out: five minutes. */
  seenWithinMinutes?: number;
}

/** One thing only a person can do. */
export interface Task {
  id: string;
  /** An order that begins with a verb: "Warn 3 people, 2 of them outside". */
  what: string;
  /** How, in the words of the page that is linked. */
  instruction: string;
  /** The exact page to do it on. */
  link: string;
  /** The role that it takes: "Exchange Administrator". */
  role: string;
  /** Exchange Online PowerShell as it is typed, a command a line; the line that connects is put before it. */
  commands?: readonly string[];
  /** What goes wrong until it is done; left out where it can wait. */
  danger?: Danger;
  /** What of the intruder's is there until it is done: "a sweep rule". */
  remains?: string;
  /** Without it the step's job is not done. */
  essential?: true;
  /** Done with the owner when the account is given back: it keeps nobody awake, so it does not count in the verdict. */
  atHandBack?: true;
  /** Of an undo: in place of what it could not put back, which is then not said to be. */
  instead?: true;
}

/** Looked at and left alone; for an investigation, what it saw. */
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
  /** An export of the state before anything was changed; that of the first look is kept. */
  attachments?: readonly Attachment[];
  /** Ids of things that are the owner's, as the logs show by now: if this run changed one, it is given back. */
  owners?: readonly string[];
}

/** Does not apply, as only the service could tell: no licence, no mailbox. */
export interface Skip {
  skip: string;
  /** What a person can do instead. */
  tasks?: readonly Task[];
}

/** The service needs time: ask again, with the memo at hand. */
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
  /** What is now known of the intruder; the run remembers it for the steps that come after. */
  intruder?: Intruder;
  attachments?: readonly Attachment[];
  /** For other steps of the run, which find it in `run.facts` under what this step declares to hand on, and parse it there. */
  facts?: Json;
  /** What the intruder certainly did, in one sentence: like evidence on a change, it lets the run go further. */
  proof?: string;
  /** For the front door, published before this settles, so that none is lost; an investigation opens no run itself. */
  alerts?: readonly OutgoingAlert[];
}

/** An event for the topic. `id` is the same however often it is published, so that a repetition is dropped. */
export interface OutgoingAlert {
  id: string;
  type: `Reclaim.${string}`;
  data: Json;
}

/** What a step may know of the run it works for. */
export interface RunView {
  id: string;
  code: string;
  level: 'contain' | 'full';
  openedAt: string;
  signals: readonly Signal[];
  /** Latest time (ISO 8601) at which a step of this run altered something, by step name. */
  fixedAt: Readonly<Record<string, string>>;
  /** How the steps of this run ended so far, by name; a step that is still to come or that waits has none. */
  ended?: Readonly<Record<string, Outcome['is']>>;
  /** What the run has come to so far, in the summary's word: `CONTAINED`. */
  verdict?: string;
  /** Once the account is being given back: since when, and when a pass for its owner was asked for. */
  handBack?: { begunAt: string; passAskedAt: string | null };
  /** It was undone because nobody had attacked the account. */
  falseAlarm?: true;
  /** What investigations hand on; nothing before they settled. */
  facts?: Readonly<Partial<Record<HandedOn, Json>>>;
  /** What was asked for and is answered, or can't be: what is missing from `facts` then won't come. */
  answered?: readonly HandedOn[];
  /** When roles of Entra ID were taken away last, if any were. */
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
  /** For the few that take an administrator away: see leaveOneAdministrator. */
  mayGo?: (others: readonly string[]) => Promise<boolean>;
  /** Aborts at the function's own deadline: the host sends no cancellation. */
  abort: AbortSignal;
}

/** The settings of a step: its mode, and with `.extend` whatever else an administrator may choose. */
export const settings = (mode: Mode) => z.strictObject({ mode: z.enum(modes).default(mode) });

/** The clients a step uses, with what it needs of each: this is the only place where a permission is declared. */
type Permissions<Uses extends ClientName> = { readonly [C in Uses]: readonly [string, ...string[]] };

export interface ByHand {
  link: string;
  role: string;
  /** What to select there. */
  how?: string;
  /** PowerShell for Exchange Online, where its admin center does not have it. */
  commands?: readonly string[];
}

/** Whose account it is done to. */
export type Whose = Pick<Account, 'id' | 'userPrincipalName'>;

interface Declaration<Name extends string> {
  /** Also the file, the function step-…, the queue and the row. */
  name: Name;
  /** In the imperative; what on-call reads. */
  title: string;
  /** Rows of the guides that it answers. */
  guide: readonly string[];
  stage: Stage;
  /** What it is to the rest of the app, if anything. */
  part?: Part;
  /** Licences without which it can do nothing; preflight says so where one is missing. */
  licences?: readonly StepLicence[];
  /** Needs a directory role that reaches these; preflight checks it. */
  reaches?: Reach;
  /** Where a person does its work when it can't, and as whom. Left out: on the page of the user, or of the mailbox. */
  byHand?(whose: Whose): ByHand;
  /** Its cmdlets are those of Security & Compliance, where an administrator gives the app its role by hand. */
  cmdletsOf?: 'compliance';
  /** true, or the reason why not. */
  appliesTo(account: Account): true | string;
  /** Waits until these were tried; looks again if one of them brings news later. */
  after?: readonly string[];
  /** Does not wait for these; looks again when one of them brings news. */
  againAfter?: readonly string[];
  /** That a log was read at all matters to it: an answer with nothing in it is news too. */
  judgesByAnswers?: true;
  /** Must have ended well first, or this becomes a person's decision. */
  requires?: readonly string[];
}

type Reading<S, Uses extends ClientName> = Context<NoInfer<S>> & Pick<Readers, NoInfer<Uses>>;
type Writing<S, Uses extends ClientName> = Context<NoInfer<S>> & Pick<Clients, NoInfer<Uses>>;

interface RemediationDeclaration<Name extends string, Uses extends ClientName, S, B extends Json>
  extends Declaration<Name> {
  /** What it takes away, and its limits. */
  removes: string;
  /** What the intruder did where changes bear evidence, for the story of the run: `made 2 inbox rules`. */
  did?: (changes: number) => string;
  settings: z.ZodType<S>;
  permissions: Permissions<Uses>;
  before: z.ZodType<B>;
  /** Put back at hand-back (protocols) rather than left as it is; what gives power (roles) only when approved by itself. */
  restoredAtHandBack?: true | 'after approval';
  find(context: Reading<S, Uses>): Promise<Found<NoInfer<B>> | Skip>;
  fix(change: Change<NoInfer<B>>, context: Writing<S, Uses>): Promise<void>;
  /** Restores what was recorded; a sentence instead of a function says why nothing can be restored. */
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
  /** Where the summary tells what it found. */
  toldIn?: ToldIn;
  /** The trace it leaves in the tenant, if any: then it is left out of dry runs, unless its settings say `evenInDryRun`. */
  leaves?: string;
  memo?: z.ZodType<M>;
  collect(
    context: Reading<S, Uses>,
    memo: NoInfer<M> | undefined,
  ): Promise<Collected | Later<NoInfer<M>> | Skip>;
}

/** A context whose settings are still what the administrator wrote. */
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
  /** Whether the administrator lets it leave its trace also where it is only to look. */
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
