// Converts a row to an entity and back: one JSON document cut into properties, beside plain columns for people. This
// file knows the service's limits, which the emulator does not enforce; nothing here talks to a table.
// https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import { isKey } from '../run/progress.ts';
import { writtenBy } from './row-versions.ts';

export type Columns = Readonly<Record<string, string | number | boolean>>;

export interface Entity {
  partitionKey: string;
  rowKey: string;
  [column: string]: unknown;
}

/** Below the 64 KiB (32 Ki UTF-16 characters) that a property may hold. */
const charactersPerProperty = 32_000;
const mostProperties = 255 - 3;
const mostEntityBytes = 1024 * 1024;
const mostTransactionBytes = 4 * 1024 * 1024;
const mostOperations = 100;
/** What each operation of a transaction says besides its entity. */
const headerBytes = 1024;

/** Throws PermanentError if the service could never accept it. */
export function toEntity(
  table: string,
  partitionKey: string,
  rowKey: string,
  document: unknown,
  columns: Columns,
): Entity {
  const plain = Object.entries(columns).map(([name, value]) => [name, forPeople(value)] as const);
  const entity: Entity = { partitionKey, rowKey, ...Object.fromEntries(plain), ...cut(toText(document)) };
  const where = place(table, entity);
  if (!isKey(partitionKey) || !isKey(rowKey)) {
    throw new PermanentError(`${where}: a key may hold no / \\ # ? and no control characters`);
  }
  const properties = Object.keys(entity).length - 2;
  const bytes = sizeOf(entity);
  if (bytes > mostEntityBytes || properties > mostProperties) {
    throw new PermanentError(
      `${where} has ${bytes} bytes in ${properties} properties; the service takes ${mostEntityBytes} bytes in ${mostProperties}. Nothing was written; store less in this row`,
      { code: 'EntityTooLarge' },
    );
  }
  return entity;
}

/** The document of an entity; throws PermanentError that names the unreadable row and the reason. */
export function fromEntity<T>(table: string, entity: Entity, schema: z.ZodType<T>): T {
  let text = '';
  for (let index = 0; typeof entity[`json${index}`] === 'string'; index += 1) text += entity[`json${index}`];
  const document = jsonSchema.safeParse(text);
  if (!document.success) return readable(table, entity, jsonSchema.pipe(schema).safeParse(text), undefined);
  return readable(table, entity, schema.safeParse(document.data), document.data);
}

/** Like fromEntity, for a document with parts outside the entity. */
export function fromDocument<T>(table: string, entity: Entity, document: unknown, schema: z.ZodType<T>): T {
  return readable(table, entity, schema.safeParse(document), document);
}

function readable<T>(
  table: string,
  entity: Entity,
  parsed: z.ZodSafeParseResult<T> | z.ZodSafeParseError<unknown>,
  document: unknown,
): T {
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.message}`);
  throw new PermanentError(
    `${place(table, entity)} can't be read: ${issues.slice(0, 3).join('; ').trim()}. ${writtenBy(document)}`,
    { code: 'UnreadableRow' },
  );
}

const jsonSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'its document is not JSON' });
    return z.NEVER;
  }
});

const place = (table: string, { partitionKey, rowKey }: Entity) =>
  `table ${table}, partition '${partitionKey}', row '${rowKey}'`;

/** Line separators are legal in JSON, but end the line if a transaction is read line by line. */
const toText = (document: unknown) =>
  JSON.stringify(document).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

/** The document holds the whole text; a column only has to be readable. */
const forPeople = (value: Columns[string]) =>
  typeof value === 'string'
    ? value
        .slice(0, 1000)
        .toWellFormed()
        .replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
    : value;

function cut(text: string): Record<string, string> {
  const parts: Record<string, string> = {};
  let from = 0;
  for (let index = 0; from < text.length; index += 1) {
    let to = Math.min(from + charactersPerProperty, text.length);
    // Half of a surrogate pair isn't valid text: it would come back as a replacement character.
    if (to < text.length && /[\uD800-\uDBFF]/.test(text.charAt(to - 1))) to -= 1;
    parts[`json${index}`] = text.slice(from, to);
    from = to;
  }
  return parts;
}

/** As the service counts: two bytes per character, and a few for each property. */
function sizeOf(entity: Entity): number {
  const properties = Object.entries(entity).filter(([name]) => name !== 'partitionKey' && name !== 'rowKey');
  const sizes = properties.map(
    ([name, value]) => 8 + name.length * 2 + (typeof value === 'string' ? value.length * 2 + 4 : 8),
  );
  const keys = 4 + (entity.partitionKey.length + entity.rowKey.length) * 2;
  return keys + sizes.reduce((sum, size) => sum + size, 0);
}

/** Throws PermanentError if the service would refuse it as one transaction; splitting it would break atomicity. */
export function checkTransaction(table: string, entities: readonly Entity[]): void {
  // A character is two bytes there and at most six in JSON; most transactions are far from the limit.
  const most = entities.reduce((sum, entity) => sum + 3 * sizeOf(entity) + headerBytes, 0);
  if (entities.length <= mostOperations && most <= mostTransactionBytes) return;
  const sizes = entities.map((entity) => ({
    entity,
    bytes: Buffer.byteLength(JSON.stringify(entity)) + headerBytes,
  }));
  const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
  if (entities.length <= mostOperations && bytes <= mostTransactionBytes) return;
  const largest = sizes.toSorted((a, b) => b.bytes - a.bytes)[0];
  throw new PermanentError(
    `a transaction of ${entities.length} rows with ${bytes} bytes; the service takes ${mostOperations} rows with ${mostTransactionBytes} bytes. Nothing was written; the largest is ${largest ? place(table, largest.entity) : 'unknown'} with ${largest?.bytes} bytes`,
    { code: 'TransactionTooLarge' },
  );
}

/**
 * The ETag that callers hold: the service's own, plus the version of the row that they replace, so that a write needs
 * no read before it.
 */
export const toVersion = (etag: string, note: string) => `${etag} ${note}`;

export function fromVersion(version: string): { etag: string; note: string } {
  const end = version.indexOf(' ');
  return end < 0
    ? { etag: version, note: '' }
    : { etag: version.slice(0, end), note: version.slice(end + 1) };
}
