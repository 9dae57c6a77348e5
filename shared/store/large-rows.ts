// Keeps rows small: long texts go to blobs before a row is written and come back before it is parsed. The row keeps
// only each text's place, SHA-256 and size. This code doesn't know what a row contains.
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import type { RunRef } from '../run/progress.ts';
import type { Blobs } from './blobs.ts';
import { type Columns, type Entity, fromDocument, fromEntity, toEntity } from './table-entity.ts';

/** Longer than anything that controls a run. */
const longText = 16_000;
/** Half an entity's limit, counted as the service counts: two bytes a character. */
const largeDocument = 250_000;

const partSchema = z.object({
  /** Its place in the document; the empty path is the whole document. */
  path: z.array(z.union([z.string(), z.number()])),
  sha256: z.string(),
  bytes: z.number(),
});
const lightSchema = z.object({ document: z.unknown(), parts: z.array(partSchema) });
type Light = z.infer<typeof lightSchema>;

/** Converts the rows of one table to entities and back. Without blobs, a row that is too large is refused. */
export class LargeRows {
  readonly #table: string;
  readonly #blobs: Blobs | undefined;

  constructor(table: string, blobs: Blobs | undefined) {
    this.#table = table;
    this.#blobs = blobs;
  }

  /** Writes the blobs first: an entity never points to a missing blob. */
  async toEntity(ref: RunRef, rowKey: string, row: unknown, columns: Columns): Promise<Entity> {
    // Most rows are too short to hold a long text, and looking for one costs more than the writing.
    const isShort = JSON.stringify(row).length <= longText;
    const light = isShort ? undefined : this.#blobs && (await lighten(this.#blobs, folderOf(ref), row));
    return light === undefined || light.parts.length === 0
      ? toEntity(this.#table, ref.userId, rowKey, row, columns)
      : toEntity(this.#table, ref.userId, rowKey, light, { ...columns, parts: light.parts.length });
  }

  async fromEntity<T>(ref: RunRef, entity: Entity, schema: z.ZodType<T>): Promise<T> {
    if (entity['parts'] === undefined) return fromEntity(this.#table, entity, schema);
    const light = fromEntity(this.#table, entity, lightSchema);
    if (this.#blobs === undefined) {
      throw new PermanentError(
        `row '${entity.rowKey}' has parts in Blob Storage, and no Blob Storage is set here`,
      );
    }
    const document = await restore(this.#blobs, folderOf(ref), light);
    return fromDocument(this.#table, entity, document, schema);
  }
}

const folderOf = ({ userId, runId }: RunRef) => `${userId}/${runId}`;

type Path = readonly (string | number)[];

/** The document without its long texts, and those texts; none if it was small already. */
async function lighten(blobs: Blobs, folder: string, document: unknown): Promise<Light> {
  const taken: { path: Path; text: string }[] = [];
  const light = withoutLongTexts(document, [], taken);
  const whole = JSON.stringify(light);
  const stored = async ({ path, text }: { path: Path; text: string }) => ({
    path: [...path],
    ...(await blobs.put(folder, text)),
  });
  if (whole.length <= largeDocument) {
    return { document: light, parts: await Promise.all(taken.map(stored)) };
  }
  return { document: null, parts: [await stored({ path: [], text: JSON.stringify(document) })] };
}

function withoutLongTexts(value: unknown, path: Path, taken: { path: Path; text: string }[]): unknown {
  if (typeof value === 'string') {
    // Half of a surrogate pair does not survive UTF-8, so such a text stays where it is.
    if (value.length <= longText || !value.isWellFormed()) return value;
    taken.push({ path, text: value });
    return '';
  }
  if (Array.isArray(value))
    return value.map((entry, index) => withoutLongTexts(entry, [...path, index], taken));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, withoutLongTexts(entry, [...path, key], taken)]),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The original document. Throws if a blob is gone or altered. */
async function restore(blobs: Blobs, folder: string, light: Light): Promise<unknown> {
  let { document } = light;
  const texts = await Promise.all(light.parts.map((part) => blobs.get(folder, part)));
  for (const [index, { path }] of light.parts.entries()) {
    const text = texts[index] ?? '';
    document = path.length === 0 ? parsed(text) : withText(document, path, text);
  }
  return document;
}

function parsed(text: string): unknown {
  const document: unknown = JSON.parse(text);
  return document;
}

function withText(document: unknown, path: Path, text: string): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return text;
  if (Array.isArray(document) && typeof step === 'number' && step in document) {
    return document.with(step, withText(document[step], rest, text));
  }
  if (isObject(document) && typeof step === 'string' && Object.hasOwn(document, step)) {
    return { ...document, [step]: withText(document[step], rest, text) };
  }
  throw new PermanentError(`a row has no place ${path.join('.')} for a text that was taken out of it`, {
    code: 'UnreadableRow',
  });
}
