// Judges an inbox rule: what it does to mail, and to which mail. Pure; reads and writes no mailbox.
// Hiding mail must meet a reason to hide it; a way out of the mailbox is enough unless work explains it.

import { isInside } from '../../../shared/microsoft365/recipients.ts';
import { type Oddity, oddityOf, plain } from '../../../shared/microsoft365/rule-name.ts';
import { inQuotes } from '../../../shared/model/text.ts';
import { type Aim, aimOf } from './aim.ts';
import { hides, isRelated, type Place, placeOf, placePoints } from './folder.ts';
import type { InboxRule } from './rule.ts';
import { excuseOf, isOwners, type Owner } from './way-out.ts';

export interface RuleContext {
  /** Domains that the tenant accepts mail for; what lies below them is inside too. */
  acceptedDomains: readonly string[];
  owner: Owner;
  /** What ties a rule to the intruder, in one sentence, by the rule's id or name; from the audit log. */
  madeByIntruder?: ReadonlyMap<string, string>;
  /** Mail addresses known to be the intruder's, in lower case. */
  intruderAddresses?: readonly string[];
  /** Names of folders by id, where the service gives only ids. */
  folders?: ReadonlyMap<string, string>;
  /** Addresses outside that objects of the directory stand for, by directory name. */
  contacts?: ReadonlyMap<string, string>;
}

export interface Judgement {
  verdict: 'disable' | 'keep' | 'cannot-judge';
  /** For people, weightiest first; never empty. */
  reasons: readonly string[];
  /** Suspicious from `threshold` on. */
  score: number;
  /** Present when the rule is the intruder's, or such as no owner makes. */
  evidence?: string;
}

const threshold = 5;

/** `Junk E-Mail Rule`, `Microsoft.Exchange.OOF.*`, `Delegate Rule -<n>`: the service keeps these for itself. */
const systemName = /^(?:Junk E-Mail Rule|Microsoft\.Exchange\.OOF\.[\w.]+|Delegate Rule -?\d+)$/i;

/** The name alone proves nothing: whoever sends mail out or hides it is judged like any other. */
const isSystems = ({ rule, outside, place }: Look) =>
  systemName.test(rule.name) &&
  outside.length === 0 &&
  (place === 'none' || (place === 'junk' && rule.name.startsWith('Junk')));

interface Sign {
  points: number;
  reason: string;
}

interface Look {
  rule: InboxRule;
  context: RuleContext;
  place: Place;
  folder: string;
  aim: Aim;
  oddity: Oddity;
  outside: readonly string[];
}

function look(rule: InboxRule, given: RuleContext): Look {
  const { actions } = rule;
  const context = {
    ...given,
    acceptedDomains: given.acceptedDomains.map((domain) => domain.toLowerCase().replace(/^\*\./, '')),
    owner: { ...given.owner, addresses: given.owner.addresses.map((address) => address.toLowerCase()) },
  };
  const folder = given.folders?.get(actions.movesTo ?? '') ?? actions.movesTo ?? '';
  const targets = actions.sendsTo.flatMap(
    ({ address, directoryName }) => address ?? given.contacts?.get(directoryName ?? '') ?? [],
  );
  return {
    rule,
    context,
    folder,
    place: actions.deletes ? 'deleted' : actions.movesTo === null ? 'none' : placeOf(folder),
    aim: aimOf(rule, {
      domains: context.acceptedDomains,
      names: [...context.owner.addresses, plain(context.owner.name)],
    }),
    oddity: oddityOf(rule.name),
    outside: targets.filter((to) => !isInside(to, context.acceptedDomains)),
  };
}

/** Mail that is hidden, in a place nobody looks at, deleted, or filed under a name that hides the rule. */
function concealment({ rule, place, folder, aim, oddity }: Look): Sign[] {
  const { marksRead, deletes, sendsTo } = rule.actions;
  const picks = { points: aim.points, reason: aim.says === '' ? '' : `picks ${aim.says}` };
  const read = { points: 1.2, reason: 'marks it as read' };
  if (place === 'none' || (place === 'ordinary' && !(aim.wide && aim.points >= 5))) {
    // Filing is what rules are for. Marked as read, in a folder that has nothing to do with it, is not filing.
    const unseen = oddity.blank ? aim.wide || aim.sensitive : aim.hits >= 2 && place === 'ordinary';
    if (!marksRead || !unseen || isRelated(rule, folder)) return [];
    return place === 'none'
      ? [picks]
      : [{ points: 0.5, reason: `moves mail to ${inQuotes(folder)}` }, read, picks];
  }
  const signs: Sign[] = [
    { points: placePoints[place], reason: deletes ? 'deletes mail' : `moves mail to ${inQuotes(folder)}` },
  ];
  if (marksRead) signs.push(read);
  if (marksRead && place === 'archive' && aim.partners)
    signs.push({ points: 2, reason: 'so that the owner never sees it' });
  if (sendsTo.length > 0 && place === 'deleted')
    signs.push({ points: -2, reason: 'after handing it on inside the organisation' });
  if (rule.hasExceptions && aim.wide && place === 'ordinary')
    signs.push({ points: -2, reason: 'with exceptions' });
  // Digests are filed among the feeds and noise is deleted, but not by a rule whose name hides it.
  const calm =
    place === 'odd'
      ? aim.calm === 'leisure' && oddity.points < 2
      : aim.calm !== null && !(place === 'deleted' && oddity.blank);
  signs.push(
    calm ? { points: aim.points - (place === 'odd' ? 5 : 3), reason: 'picks what people sort away' } : picks,
  );
  return signs;
}

function signsOf(seen: Look): Sign[] {
  const { rule, place, aim, oddity, outside, context } = seen;
  const signs: Sign[] = [];
  if (oddity.points > 0) signs.push({ points: oddity.points, reason: oddity.says });
  if (rule.hidden) signs.push({ points: 6, reason: "is hidden from the owner's own programs" });
  if (outside.length === 0) {
    const hidden = concealment(seen);
    return rule.hidden || hidden.length > 0 ? [...signs, ...hidden] : [];
  }
  const own = { domains: context.acceptedDomains, owner: context.owner };
  const excuse = Math.min(...outside.map((to) => excuseOf(to, rule, aim, place, own)));
  signs.push({ points: 6, reason: `sends mail to ${outside.join(', ')}, outside the organisation` });
  if (excuse > 0) signs.push({ points: -excuse, reason: 'where such mail is sent for work' });
  if (hides(place)) signs.push({ points: 2, reason: 'and hides it here' });
  return [...signs, { points: 0, reason: aim.says === '' ? '' : `picks ${aim.says}` }];
}

const does = ({ actions }: InboxRule) =>
  actions.sendsTo.length > 0 ||
  actions.deletes ||
  actions.movesTo !== null ||
  actions.copiesTo !== null ||
  actions.marksRead ||
  actions.others.length > 0;

/** What is wrong with what the service shows of a rule, if anything. */
function gap(rule: InboxRule): string | undefined {
  if (!does(rule) && !(rule.actions.stops && !rule.incomplete))
    return 'the service shows nothing that it does';
  return rule.incomplete ? 'the service cannot show all of it' : undefined;
}

function evidenceOf({ rule, place, outside, context }: Look): string | undefined {
  const theirs = outside.filter((to) => context.intruderAddresses?.includes(to));
  if (theirs.length > 0) return `It sends mail to ${theirs.join(', ')}, an address of the intruder.`;
  const hidden = hides(place) || rule.hidden || (rule.actions.marksRead && place !== 'none');
  // Some owners move to a mailbox of their own and delete what was sent there; none buries it among the feeds.
  const moving = place === 'deleted' || place === 'archive' || place === 'ordinary';
  const strangers = outside.filter((to) => !moving || !isOwners(to, context.owner));
  if (!hidden || strangers.length === 0) return undefined;
  return `It sends mail to ${strangers.join(', ')} outside the organisation and hides it here, as no owner needs.`;
}

/** What a rule is and why, for the step that acts on it and for the people who read the reasons. */
export function judgeRule(rule: InboxRule, context: RuleContext): Judgement {
  const seen = look(rule, context);
  const signs = signsOf(seen);
  const score = signs.reduce((sum, { points }) => sum + points, 0);
  const reasons = signs
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
    .flatMap(({ reason }) => (reason === '' ? [] : reason));
  const judged = (verdict: Judgement['verdict'], more: string[] = []) => {
    const all = [...more, ...reasons];
    return { verdict, score, reasons: all.length > 0 ? all : ['neither hides mail nor sends it out'] };
  };

  if (!rule.enabled) return judged('keep', ['is disabled already']);
  const made = context.madeByIntruder?.get(rule.id) ?? context.madeByIntruder?.get(rule.name);
  if (made !== undefined) return { ...judged('disable', [made]), evidence: made };
  if (isSystems(seen)) return { verdict: 'keep', score: 0, reasons: ['is a rule of the service itself'] };
  const missing = gap(rule);
  if (!does(rule) && missing !== undefined) return judged('cannot-judge', [missing]);
  if (score >= threshold) {
    const evidence = evidenceOf(seen);
    return { ...judged('disable'), ...(evidence === undefined ? {} : { evidence }) };
  }
  return missing === undefined ? judged('keep') : judged('cannot-judge', [missing]);
}
