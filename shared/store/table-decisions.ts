// The record of decisions in Table Storage: table `decisions`, each written twice, so that it can be found both by
// account and by time without reading the rest. Keys count backwards, since a table answers in ascending order and the
// newest are wanted first.
//
//   <user id> | nobody   <backwards time>-<random>    what the policy asks for: one account's last days
//   day|<backwards day>  the same key                 what people ask for: everything since
//
// An alert that names nobody has a partition of its own. A crash between the two writes leaves the second out; the
// message comes again and is recorded again.
import { randomUUID } from 'node:crypto';
import {
  type Decision,
  type DecisionPage,
  type DecisionQuery,
  type DecisionRecord,
  type Decisions,
  decisionSchema,
} from '../alerts/decisions.ts';
import { odataText } from '../model/text.ts';
import { isKey } from '../run/progress.ts';
import { type StoredEntity, Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const nobody = 'nobody';

const backwards = (time: Date) => String(9_999_999_999_999 - time.getTime()).padStart(13, '0');
const dayKey = (time: Date) =>
  `day|${99_999_999 - Number(time.toISOString().slice(0, 10).replaceAll('-', ''))}`;
/** Sorts after every key of this time. */
const until = (time: Date) => `${backwards(time)}-~`;

export class TableDecisions implements Decisions, DecisionRecord {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'decisions', options);
  }

  async record(decision: Decision): Promise<void> {
    const { userId, action, row, why, runId } = decision;
    const at = new Date(decision.at);
    const partition = userId !== null && isKey(userId) ? userId : nobody;
    const key = `${backwards(at)}-${randomUUID().slice(0, 8)}`;
    const columns = { at: decision.at, action, row, why, run: runId ?? '', user: userId ?? '' };
    // The policy relies on the first write: a second signal about an account must see the one before.
    await this.#table.put(toEntity('decisions', partition, key, decision, columns));
    await this.#table.put(toEntity('decisions', dayKey(at), key, decision, columns));
  }

  async of(userId: string, since: Date): Promise<readonly Decision[]> {
    if (!isKey(userId)) return [];
    const entities = await this.#table.query(
      `PartitionKey eq ${odataText(userId)} and RowKey le ${odataText(until(since))}`,
    );
    return entities.map(decisionOf);
  }

  async list({ since, account, action, most, after }: DecisionQuery): Promise<DecisionPage> {
    const rest = `RowKey le ${odataText(until(since))}${action === undefined ? '' : ` and action eq ${odataText(action)}`}`;
    const begin = after === undefined ? undefined : cursorOf(after);
    if (account !== undefined && !isKey(account)) return { decisions: [], next: null };
    const own = account === undefined ? undefined : `PartitionKey eq ${odataText(account)}`;
    const behind = begin === undefined ? '' : ` and RowKey gt ${odataText(begin.row)}`;
    // One range after the other: with two ranges in one filter, the service would read everything between them.
    const ranges =
      own !== undefined
        ? [`${own}${behind} and ${rest}`]
        : begin === undefined
          ? [`PartitionKey ge 'day|' and PartitionKey le ${odataText(dayKey(since))} and ${rest}`]
          : [
              `PartitionKey eq ${odataText(begin.partition)}${behind} and ${rest}`,
              `PartitionKey gt ${odataText(begin.partition)} and PartitionKey le ${odataText(dayKey(since))} and ${rest}`,
            ];
    const found: StoredEntity[] = [];
    for (const range of ranges) {
      for await (const page of this.#table.pages(range, most + 1)) {
        found.push(...page);
        if (found.length > most) break;
      }
      if (found.length > most) break;
    }
    const shown = found.slice(0, most);
    const last = shown.at(-1);
    const next = found.length > most && last ? `${last.partitionKey}~${last.rowKey}` : null;
    return { decisions: shown.map(decisionOf), next };
  }
}

const decisionOf = (entity: StoredEntity): Decision => fromEntity('decisions', entity, decisionSchema);

function cursorOf(after: string): { partition: string; row: string } {
  const end = after.lastIndexOf('~');
  return { partition: after.slice(0, end), row: after.slice(end + 1) };
}
