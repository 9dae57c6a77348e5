// Rows of other versions. An older row is read as this version would have written it; extra fields of a newer one are
// kept and written back unchanged, since both versions run side by side during an upgrade.
import { z } from 'zod';
import { type RunRow, runRowSchema, type StepRow, stepRowSchema } from '../model/rows.ts';

/**
 * 1  up to 0.1.0
 * 2  a step's part stands in its row; `onlyLooksBecause` was `sparedBecause`, and the summary's `lastSent` was `told`
 */
const rowVersion = 2;

const anyRow = z.looseObject({ rowVersion: z.number().optional() });
type AnyRow = z.infer<typeof anyRow>;

/** The parts of version 1's steps, which were then known by name. */
const parts: Readonly<Record<string, string>> = {
  'block-sign-in': 'lock',
  'revoke-sessions': 'sessions',
  'reset-password': 'password',
  'remove-admin-roles': 'admin-roles',
  'remove-auth-methods': 'methods',
  'contain-on-premises-account': 'active-directory',
  'confirm-compromise': 'risk-confirmation',
  'delete-passes': 'passes',
  'dismiss-risk': 'risk-dismissal',
  'retract-sent-mail': 'retraction',
};

const summaryOf1 = z.looseObject({ told: z.string() });

function runOf1({ sparedBecause, summary, ...row }: AnyRow): AnyRow {
  const { success, data } = summaryOf1.safeParse(summary);
  const { told, ...rest } = success ? data : { told: undefined };
  return {
    ...row,
    ...(sparedBecause === undefined ? {} : { onlyLooksBecause: sparedBecause }),
    summary: success ? { ...rest, lastSent: told } : summary,
  };
}

function stepOf1(row: AnyRow): AnyRow {
  const part = parts[String(row['name'])];
  return part === undefined || row['part'] !== undefined ? row : { ...row, part };
}

const upgraded = (from1: (row: AnyRow) => AnyRow) => (given: unknown) => {
  const row = anyRow.safeParse(given);
  if (!row.success || (row.data.rowVersion ?? 1) >= rowVersion) return given;
  return { ...from1(row.data), rowVersion };
};

/** Only a version other than this one stays with the row. */
function withoutOwn<T extends object>(row: T): T {
  const version: unknown = Reflect.get(row, 'rowVersion');
  const copy = { ...row };
  if (typeof version !== 'number' || version <= rowVersion) Reflect.deleteProperty(copy, 'rowVersion');
  return copy;
}

export const storedRunSchema: z.ZodType<RunRow> = z
  .preprocess(upgraded(runOf1), z.looseObject(runRowSchema.shape))
  .transform((row): RunRow => withoutOwn(row));

export const storedStepSchema: z.ZodType<StepRow> = z
  .preprocess(upgraded(stepOf1), z.looseObject(stepRowSchema.shape))
  .transform((row): StepRow => withoutOwn(row));

/** For writing: a row from a newer version keeps that version. */
export const versioned = (row: RunRow | StepRow): object => ({ rowVersion, ...row });

/** For an unreadable row: what to do depends on who wrote it. */
export function writtenBy(document: unknown): string {
  const version = anyRow.safeParse(document).data?.rowVersion ?? 1;
  return version > rowVersion
    ? `It was written by a newer version (rows ${version}, this one knows ${rowVersion}): deploy that one`
    : 'It was written by another version or by hand: restore it, or delete the rows of its run';
}
