// Judges an inbox rule: what it does with mail, and with which mail. Pure; reads and writes no mailbox. Hiding mail
// counts only together with a reason to hide it; a way out of the mailbox is enough to ask, unless the log clears it
// (see decide.ts). What can't be read or resolved is asked about: nothing is called harmless because it isn't
// understood.

import { foldText, oddityOf } from '../../../shared/microsoft365/rule-name.ts';
import { inQuotes } from '../../../shared/model/text.ts';
import { type Aim, aimOf } from './aim.ts';
import { hides, isForged, isRelated, type Place, placeOf, placePoints } from './folder.ts';
import type { InboxRule } from './rule.ts';
import { type Directory, excuseOf, isOwners, type Owner, targetsOf } from './way-out.ts';

export interface RuleContext {
  /** Domains that the tenant accepts mail for; `*.contoso.com` stands for subdomains. null if unknown. */
  acceptedDomains: readonly string[] | null;
  owner: Owner;
  /** Without it, directory names count as colleagues, since nobody could look them up. */
  directory?: Directory;
  /** Without it, no date counts as past. */
  now?: Date;
}

export interface Judgement {
  verdict: 'disable' | 'ask' | 'keep';
  /** For people, most important first; never empty. */
  reasons: readonly string[];
  /** Suspicious from `threshold` on. */
  score: number;
  /** What no owner would make. */
  evidence?: string;
  /** It sends mail out of the organisation, and nothing else counts against it. */
  onlyOutside: boolean;
}

const threshold = 5;
/** From here on a person decides. */
const doubtful = 3.5;

interface Sign {
  points: number;
  reason: string;
}

interface Look {
  rule: InboxRule;
  context: RuleContext & { acceptedDomains: readonly string[] };
  place: Place;
  folder: string;
  aim: Aim;
  oddity: ReturnType<typeof oddityOf>;
  outside: readonly string[];
  /** Targets that nobody can place. */
  unknown: readonly string[];
}

function look(rule: InboxRule, given: RuleContext): Look {
  const { actions } = rule;
  const context = {
    ...given,
    acceptedDomains: (given.acceptedDomains ?? []).map((domain) => domain.toLowerCase()),
    owner: { ...given.owner, addresses: given.owner.addresses.map((address) => address.toLowerCase()) },
  };
  const folder = actions.movesTo ?? '';
  const targets = actions.sendsTo.flatMap((to) =>
    targetsOf(to, given.acceptedDomains === null ? null : context.acceptedDomains, given.directory),
  );
  return {
    rule,
    context,
    folder,
    place: actions.deletes ? 'deleted' : actions.movesTo === null ? 'none' : placeOf(folder),
    aim: aimOf(rule, {
      domains: context.acceptedDomains,
      names: [...context.owner.addresses, foldText(context.owner.name)].filter((name) => name !== ''),
    }),
    oddity: oddityOf(rule.name),
    outside: targets.flatMap((target) => (target.is === 'outside' ? target.address : [])),
    unknown: [
      ...targets.flatMap((target) => (target.is === 'unknown' ? target.says : [])),
      ...actions.texts.map(({ name, address }) => `the telephone ${name || address || 'it names'}`),
    ],
  };
}

/** Mail that is hidden, put where nobody looks, deleted, or filed under a name that hides the rule. */
function concealment({ rule, place, folder, aim, oddity }: Look): Sign[] {
  const { marksRead, deletes, sendsTo } = rule.actions;
  const picks = { points: aim.points, reason: aim.says === '' ? '' : `picks ${aim.says}` };
  const read = { points: 1.2, reason: 'marks it as read' };
  // A folder known only by an id may be any folder: that is a question, whatever goes there.
  const hidesAll = place === 'ordinary' && aim.wide && aim.points >= 5;
  if (!hides(place) && !hidesAll) {
    // Filing is what rules are for. Marking as read, in a folder that has nothing to do with the mail, is not filing.
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
  if (marksRead && place === 'archive' && (aim.partners || aim.colleagues))
    signs.push({ points: aim.partners ? 2 : 0.7, reason: 'so that the owner never sees it' });
  if (aim.partners && aim.hits > 0) signs.push({ points: 1.2, reason: 'of one sender only' });
  // No owner treats all mail from a company or a colleague as noise: deleting it may hide the answers.
  if (place === 'deleted' && (aim.partners || aim.inside) && aim.hits === 0)
    signs.push({ points: 0.6, reason: 'of those who may answer or warn' });
  if (sendsTo.length > 0 && place === 'deleted') signs.push({ points: -2, reason: 'after handing it on' });
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
  if (isForged(seen.folder))
    signs.push({ points: 2, reason: 'moves mail to a folder that only looks like its name' });
  if (rule.hidden) signs.push({ points: 6, reason: "is hidden from the owner's own programs" });
  if (outside.length === 0) {
    const hidden = concealment(seen);
    return rule.hidden || hidden.length > 0 ? [...signs, ...hidden] : [];
  }
  const own = { domains: context.acceptedDomains, owner: context.owner };
  const excuse = Math.min(...outside.map((to) => excuseOf(to, rule, aim, place, own)));
  signs.push({ points: 6, reason: `sends mail to ${outside.join(', ')}, outside the organisation` });
  if (excuse > 0) signs.push({ points: -excuse, reason: 'which work may explain' });
  if (hides(place)) signs.push({ points: 2, reason: 'and hides it here' });
  return [...signs, { points: 0, reason: aim.says === '' ? '' : `picks ${aim.says}` }];
}

const does = ({ actions }: InboxRule) =>
  actions.sendsTo.length > 0 ||
  actions.texts.length > 0 ||
  actions.deletes ||
  actions.movesTo !== null ||
  actions.copiesTo !== null ||
  actions.marksRead ||
  actions.others.length > 0;

/**
 * `sales:\\Inbox` is a folder of the mailbox sales; the rule's identity says in which mailbox the rule itself is:
 * `adelev\\13…`.
 */
function isElsewhere({ id }: InboxRule, folder: string, { name, addresses }: Owner): boolean {
  const [, mailbox] = /^([^\\/:]+):[\\/]/.exec(folder) ?? [];
  if (mailbox === undefined) return false;
  const [, own] = /^(.+)\\/.exec(id) ?? [];
  if (own !== undefined) return foldText(mailbox) !== foldText(own);
  // Without an identity, the owner's own names must do; an alias begins like one of them.
  const called = foldText(mailbox);
  const names = [name, ...addresses].map(foldText).filter((one) => one !== '');
  return names.length > 0 && !names.some((one) => one.startsWith(called.slice(0, 3)) || one.includes(called));
}

/** Why a person has to look, whatever the score: each reason is something that can't be known or must not be lost. */
function doubtsOf(seen: Look): string[] {
  const { rule, place, folder, aim, oddity, outside, unknown, context } = seen;
  const { actions } = rule;
  const doubts: string[] = unknown.map((says) => `sends mail to ${says}`);
  if (!does(rule) && !actions.stops) doubts.push('the service shows nothing that it does');
  if (rule.incomplete) doubts.push('the service cannot show all of it');
  if (rule.inError) doubts.push('the service says that it is in error');
  if (rule.unread.length > 0) doubts.push(`cannot be read in full: ${rule.unread.join(', ')}`);
  if (outside.length > 0) doubts.push('does not show by itself who made it');
  const moves = place !== 'none';
  if (place === 'unknown' && (actions.marksRead || aim.sensitive || aim.wide || oddity.points >= 2))
    doubts.push(`moves mail to a folder known only by its id`);
  if (aim.foreign && (hides(place) || actions.marksRead))
    doubts.push('looks for words in a language that is not known here');
  const buries = place === 'deleted' || place === 'aside' || place === 'junk';
  if (aim.strange && !isRelated(rule, folder) && (buries || (hides(place) && actions.marksRead)))
    doubts.push('hides mail by words that are not known here');
  if (aim.disguised && (moves || actions.marksRead))
    doubts.push('looks for a word that is spelt with other letters than it shows');
  const files = moves && !actions.deletes;
  if (files && aim.calm === null && !actions.marksRead && !isRelated(rule, folder)) {
    if (aim.hits > 0 || (aim.wide && aim.points >= 4))
      doubts.push(`moves ${aim.says} to ${inQuotes(folder)}, which has nothing to do with it`);
  }
  if (isElsewhere(rule, folder, context.owner))
    doubts.push(`moves mail to ${inQuotes(folder)}, in another mailbox`);
  if (actions.marksRead && aim.calm === null) {
    if (aim.warns) doubts.push('marks as read what the owner should see');
    else if (files && (aim.sensitive || aim.partners || aim.colleagues) && !isRelated(rule, folder))
      doubts.push(`marks it as read in ${inQuotes(folder)}, which has nothing to do with it`);
    else if (aim.wide || (!moves && aim.sensitive)) doubts.push(`marks ${aim.says} as read`);
  }
  return doubts;
}

/**
 * `Junk E-Mail Rule`, `Microsoft.Exchange.OOF.*`, `Delegate Rule -<n>`: hidden names that the service keeps for itself.
 */
const systemName = /^(?:Junk E-?mail Rule|Microsoft\.Exchange\.OOF\.(?:\w+\.)*\w+|Delegate Rule -?\d+)$/i;

/**
 * A rule belongs to the service if it is hidden and does only what such rules do: nothing visible, meeting requests
 * passed on inside, or junk put in the junk folder. Its name alone proves nothing.
 */
function isSystems({ rule, outside, unknown, place, aim }: Look): boolean {
  if (rule.hidden === false || !systemName.test(rule.name)) return false;
  if (rule.unread.length > 0 || rule.inError || outside.length > 0 || unknown.length > 0) return false;
  const { actions, conditions } = rule;
  if (!does(rule)) return true;
  // It doesn't show its conditions: the sender lists, and what the spam filter says about a mail.
  if (place === 'junk' && /^junk/i.test(rule.name) && aim.wide)
    return !actions.marksRead && actions.copiesTo === null && actions.others.length === 0;
  const onlyMeetings =
    conditions.types.length > 0 && conditions.types.every((type) => /^calendaring/i.test(type));
  return actions.sendsTo.length > 0 && onlyMeetings && (place === 'none' || actions.deletes);
}

function evidenceOf({ rule, place, outside, context }: Look): string | undefined {
  const hidden = hides(place) || rule.hidden || (rule.actions.marksRead && place !== 'none');
  // Some owners move to another mailbox and delete what was sent on; none buries it among the feeds.
  const moving = place === 'deleted' || place === 'archive' || place === 'ordinary';
  const strangers = outside.filter((to) => !moving || !isOwners(to, context.owner, context.acceptedDomains));
  if (!hidden || strangers.length === 0) return undefined;
  return `It sends mail to ${strangers.join(', ')} outside the organisation and hides it here, as no owner needs.`;
}

/** What a rule is and why, by its looks. Who made it is not known here. */
export function judgeRule(rule: InboxRule, context: RuleContext): Judgement {
  const seen = look(rule, context);
  const signs = signsOf(seen);
  const score = Math.round(signs.reduce((sum, { points }) => sum + points, 0) * 10) / 10;
  const reasons = signs
    .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
    .flatMap(({ reason }) => (reason === '' ? [] : reason));
  const doubts = doubtsOf(seen);
  const hidden = hides(seen.place) || rule.actions.marksRead || rule.hidden === true;
  const onlyOutside = seen.outside.length > 0 && doubts.length === 1 && !hidden;
  const judged = (verdict: Judgement['verdict'], more: readonly string[] = []): Judgement => {
    const all = [...more, ...reasons];
    return {
      verdict,
      score,
      reasons: all.length > 0 ? all : ['neither hides mail nor sends it out'],
      onlyOutside,
    };
  };

  if (!rule.enabled) return judged('keep', ['is disabled already']);
  if (isSystems(seen)) return { ...judged('keep'), score: 0, reasons: ['is a rule of the service itself'] };
  // It does nothing to incoming mail; the owner may once have used it to tidy up.
  const isOver = Date.parse(rule.conditions.until ?? '') < (context.now?.getTime() ?? 0);
  if (isOver && (score >= doubtful || doubts.length > 0))
    return judged('ask', ['looks only for mail that came before now', ...doubts]);
  // A rule in error does nothing for now, and may be only half of what its owner made.
  if (rule.inError || (!does(rule) && doubts.length > 0)) return judged('ask', doubts);
  if (score >= threshold) {
    const evidence = evidenceOf(seen);
    return { ...judged('disable'), ...(evidence === undefined ? {} : { evidence }) };
  }
  return doubts.length > 0 || score >= doubtful ? judged('ask', doubts) : judged('keep');
}
