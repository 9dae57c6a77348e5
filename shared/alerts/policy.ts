// Decides what a signal does. Pure: if a row depends on more than the signal, the answer is which fact to read first.
import { z } from 'zod';
import type { Signal } from '../model/signal.ts';
import { conditions } from './conditions.ts';
import { actions } from './decisions.ts';
import { kindOf } from './detectors.ts';
import type { FactName, Known } from './facts.ts';
import { type Action, type Cap, caps, type Row, rows } from './policy-rows.ts';

export interface Ruling {
  action: Action;
  /** How far the run goes; a held run, once a person approves it. */
  level: 'contain' | 'full';
  /** The row that decided. */
  row: string;
  /** In one sentence. */
  why: string;
}

export interface Policy {
  rows: readonly Row[];
  caps: Readonly<Record<keyof typeof caps, Cap>>;
}

export const defaultPolicy: Policy = { rows, caps };

const actionSchema = z.enum(actions);
const overridesSchema = z.strictObject(
  Object.fromEntries(
    [...rows.map((row) => row.id), ...Object.keys(caps)].map((id) => [id, actionSchema.optional()]),
  ),
);

/**
 * The default with rows replaced, as in `{"high":"full","guest":"contain"}`. All problems are returned at once, each
 * with the setting's name, so that a row that does not exist isn't silently ignored.
 */
export function readPolicy(overrides: unknown): { policy: Policy } | { problems: readonly string[] } {
  const parsed = overridesSchema.safeParse(overrides);
  if (!parsed.success) {
    const name = (path: readonly PropertyKey[]) => ['POLICY', ...path.map(String)].join('.');
    return { problems: parsed.error.issues.map((issue) => `${name(issue.path)}: ${issue.message}`) };
  }
  const given = parsed.data;
  const cap = (own: Cap): Cap => {
    const most = given[own.id];
    return most === undefined ? own : { ...own, most, certain: most };
  };
  return {
    policy: {
      rows: rows.map((row) => ({ ...row, does: given[row.id] ?? row.does })),
      caps: {
        administrator: cap(caps.administrator),
        guest: cap(caps.guest),
        'service-account': cap(caps['service-account']),
      },
    },
  };
}

const levelOf = (action: Action) => (action === 'full' ? 'full' : 'contain');

/** "Anomalous token (high)" */
export const nameOf = (signal: Signal): string =>
  signal.level === 'unknown' || signal.level === 'none' ? signal.title : `${signal.title} (${signal.level})`;

/** The ruling on a signal that Graph confirmed, or the fact to read first. */
export function decide(signal: Signal, known: Known, policy: Policy): Ruling | { needs: FactName } {
  if (!signal.standing) {
    return closed(signal, `at its source: ${signal.state}`);
  }
  const kind = kindOf(signal);
  for (const row of policy.rows) {
    if (row.kinds !== undefined && (kind === undefined || !row.kinds.includes(kind))) continue;
    if (row.levels !== undefined && !row.levels.includes(signal.level)) continue;
    if (row.named && signal.implied) continue;
    if (row.when !== undefined) {
      const holds = conditions[row.when](signal, known);
      if (typeof holds === 'object') return holds;
      if (!holds) continue;
    }
    const unread = Object.values(known.unread ?? {}).map((reason) => `; ${reason}`);
    return ruling(row.does, row.id, `${nameOf(signal)} ${row.because}${unread.join('')}`);
  }
  return ruling('none', 'no-row', `${nameOf(signal)} meets no row of the policy`);
}

const ruling = (action: Action, row: string, why: string): Ruling => ({
  action,
  level: levelOf(action),
  row,
  why,
});

/** For a signal that is over; nothing is done. */
export const closed = (signal: Signal, because: string): Ruling =>
  ruling('none', 'closed', `${nameOf(signal)} is already closed ${because}`);

/** For a signal that Graph can't be asked about, if nothing else in Graph calls the account high risk. */
export const unconfirmed = (signal: Signal, why: string): Ruling =>
  ruling('hold', 'unconfirmed', `${nameOf(signal)} is not confirmed: ${why}`);

export type CapName = keyof Policy['caps'];

/** Limits a ruling by the kind of account; never extends it. */
export function limit(given: Ruling, names: readonly CapName[], policy: Policy): Ruling {
  let so = given;
  for (const name of names) {
    const cap = policy.caps[name];
    const most = given.row === 'certain' ? cap.certain : cap.most;
    if (actions.indexOf(so.action) <= actions.indexOf(most)) continue;
    so = { ...so, action: most, level: levelOf(most), why: `${so.why}; ${cap.because}` };
  }
  return so;
}
