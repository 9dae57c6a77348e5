// Signs of an intruder in a mailbox, each judged by what the service shows and by who set it, according to the audit log.
// Settings have no date, so if nothing ties one to the intruder, the owner is asked. Changes nothing.
import { PermanentError } from '../errors.ts';
import { type Act, parametersOf } from '../intruder/acts.ts';
import type { Account } from '../model/account.ts';
import type { Attachment, Kept, Task } from '../model/step.ts';
import { capital } from '../model/text.ts';
import type { Danger } from '../model/words.ts';
import { mailboxPage } from './links.ts';

export interface Symptoms {
  findings: readonly Kept[];
  tasks?: readonly Task[];
  attachments?: readonly Attachment[];
}

export interface Look {
  account: Account;
  /** What the intruder did according to the audit log; empty while the log has not answered. */
  acts: readonly Act[];
  /** ms; the intruder's earliest known activity. */
  since: number;
  /** Domains whose mail stays inside. */
  domains: readonly string[];
  /** Whether another step undoes what is tied to the intruder, if that is possible. */
  resets?: boolean;
}

/**
 * What ties an act of this kind to the intruder, by the names that the audit log has for it. If there may be several
 * things of the kind, the record must name this one.
 */
export function didBy({ acts }: Look, names: RegExp, called?: readonly string[]): string | undefined {
  const wanted = called?.flatMap((name) => (name === '' ? [] : name.toLowerCase()));
  const isAbout = (act: Act) => {
    const said = [act.object ?? '', ...parametersOf(act)].map((one) => one.toLowerCase());
    return said.some((one) => wanted?.some((name) => one === name || one.endsWith(`\\${name}`)));
  };
  return acts.find(
    (act) => act.succeeded && names.test(act.activity) && (wanted === undefined || isAbout(act)),
  )?.evidence;
}

interface Doubt {
  id: string;
  what: string;
  /** What ties it to the intruder, if anything does. */
  evidence: string | undefined;
  /** Why it is looked at if nothing ties it to the intruder. */
  why: string;
  /** Follows "Ask …, by phone, whether" and "theirs": `the sweep rule "Tidy up" is`. */
  whether: string;
  /** Below that question, in sentences that don't name it again; left out: `what` and `why`. */
  says?: string;
  /** How to end it, as an order: `Remove the sweep rule "Tidy up"`. */
  remedy: string;
  commands?: readonly string[];
  /** What the intruder has there, if it is theirs. */
  remains?: string;
  /** How, where no command says it. */
  how?: string;
  danger?: Danger;
  /** One of the things that another step undoes. */
  isReset?: true;
}

/** One finding, and the task to decide about it: with evidence, to end it; without evidence, to ask the owner. */
export function doubt({ account, resets }: Look, doubtful: Doubt): Symptoms {
  const { id, what, evidence, why, whether, remedy, commands, remains, how = '', danger } = doubtful;
  const { says = `${capital(what)}: ${why}.` } = doubtful;
  if (evidence !== undefined && resets && doubtful.isReset) return { findings: [{ what, why: evidence }] };
  return {
    findings: [{ what, why: evidence ?? why }],
    tasks: [
      {
        id,
        what:
          evidence === undefined ? `Ask ${account.displayName}, by phone, whether ${whether} theirs` : remedy,
        instruction:
          evidence === undefined
            ? `${says} ${how} If not theirs${commands === undefined ? `: ${remedy.charAt(0).toLowerCase()}${remedy.slice(1)}.` : ', run:'}`.replace(
                / {2}/,
                ' ',
              )
            : `${capital(what)}, ${evidence}. ${how}`.trim(),
        link: mailboxPage(account.id),
        role: 'Exchange Administrator',
        ...(danger === undefined ? {} : { danger }),
        ...(commands === undefined ? {} : { commands }),
        ...(remains === undefined ? {} : { remains }),
      },
    ],
  };
}

export const none: Symptoms = { findings: [] };
/** More than anybody reads in a reply or a signature. */
const mostRead = 20_000;

/** The text of HTML in one pass: strangers write it, perhaps with a hundred thousand brackets that nothing closes. */
export function textOfHtml(html: string): string {
  const given = html.slice(0, mostRead);
  const small = given.toLowerCase();
  const parts: string[] = [];
  let from = 0;
  for (let open = given.indexOf('<'); open >= 0; open = given.indexOf('<', from)) {
    parts.push(given.slice(from, open));
    const hidden = ['style', 'script'].find((name) => small.startsWith(name, open + 1));
    const end = hidden === undefined ? open : small.indexOf(`</${hidden}`, open);
    const close = end < 0 ? -1 : given.indexOf('>', end);
    from = close < 0 ? given.length : close + 1;
  }
  return [...parts, given.slice(from)].join(' ').replaceAll('&nbsp;', ' ').replace(/\s+/g, ' ').trim();
}
export const short = (text: string, most = 160) => (text.length > most ? `${text.slice(0, most)}…` : text);

/**
 * All parts at once, since the client limits concurrent requests; a part that is refused is named and the others still
 * count. Throws the first refusal if no part could be read.
 */
export async function eachPart(
  parts: Readonly<Record<string, () => Promise<readonly Symptoms[]>>>,
): Promise<Required<Symptoms>> {
  const found: Symptoms[] = [];
  const calm: string[] = [];
  const refused: PermanentError[] = [];
  const named = Object.entries(parts);
  const ended = await Promise.allSettled(named.map(([, read]) => read()));
  for (const [index, end] of ended.entries()) {
    const name = named[index]?.[0] ?? '';
    if (end.status === 'fulfilled') {
      if (end.value.every(({ findings }) => findings.length === 0)) calm.push(name);
      found.push(...end.value);
    } else {
      const error: unknown = end.reason;
      if (!(error instanceof PermanentError)) throw error;
      refused.push(error);
      found.push({ findings: [{ what: `${name} could not be looked at`, why: error.message }] });
    }
  }
  const [first] = refused;
  if (first !== undefined && refused.length === Object.keys(parts).length) throw first;
  const rest = {
    what: `nothing to see: ${calm.join(', ')}`,
    why: 'what was set and taken back does not show',
  };
  return {
    findings: [...found.flatMap(({ findings }) => findings), ...(calm.length > 0 ? [rest] : [])],
    tasks: found.flatMap(({ tasks }) => tasks ?? []),
    attachments: found.flatMap(({ attachments }) => attachments ?? []),
  };
}
