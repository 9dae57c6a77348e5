// Problems in a user's file, in words for its author: each with its place, missing keys named as missing, and for an
// unknown key the one that was probably meant. It judges nothing itself.
import { z } from 'zod';

/** More problems than these help nobody. */
const most = 20;

/** One line for each problem that `schema` has with `file`, the first twenty of them. */
export function problemsOf(schema: z.ZodType, file: unknown): string[] {
  const { error } = schema.safeParse(file);
  return shortened((error?.issues ?? []).flatMap((issue) => linesOf(schema, issue, file)));
}

export const shortened = (lines: readonly string[]): string[] =>
  lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more problems`] : lines.slice();

function linesOf(schema: z.ZodType, issue: z.core.$ZodIssue, file: unknown): string[] {
  const place = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(at(schema, issue.path));
    return issue.keys.map(
      (key) => `${[...issue.path, key].join('.')}: is not known here${meant(key, known)}`,
    );
  }
  if (issue.code === 'invalid_union') {
    const keys = [...new Set(keysOf(at(schema, issue.path)))];
    const objects = keys.length > 0 ? `; it takes an object with ${keys.join(' or ')}` : '';
    return [`${place}: is nothing that may stand here${objects}`];
  }
  const missing = issue.code === 'invalid_type' && valueAt(file, issue.path) === undefined;
  return [`${place || 'the file'}: ${missing ? 'is missing' : issue.message}`];
}

const plainProblem = (key: string) =>
  key
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/s$/, '');

function meant(key: string, known: readonly string[]): string {
  const name = known.find((one) => plainProblem(one) === plainProblem(key));
  return name === undefined ? '' : `; ${name} is`;
}

/** The schema at a place, without the wrapper that only makes it optional. */
function at(schema: unknown, path: readonly PropertyKey[]): unknown {
  let here = bare(schema);
  for (const key of path) here = bare(inside(here, String(key)));
  return here;
}

function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap()) : schema;
}

function inside(schema: unknown, key: string): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

function keysOf(schema: unknown): string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysOf(bare(option)));
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of path) here = z.looseObject({}).safeParse(here).data?.[String(key)] ?? listed(here, key);
  return here;
}

const listed = (value: unknown, key: PropertyKey): unknown =>
  Array.isArray(value) && typeof key === 'number' ? value[key] : undefined;
