// The record of decisions in Table Storage: table `decisions`, a partition per account, in the order of time. An alert
// that names nobody has a partition of its own, so that it can be found too.
import { randomUUID } from 'node:crypto';
import { Table, type TableOptions, type TableService } from '../run/table-client.ts';
import { fromEntity, isKey, toEntity } from '../run/table-entity.ts';
import { type Decision, type Decisions, decisionSchema } from './decisions.ts';

const nobody = 'nobody';

export class TableDecisions implements Decisions {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'decisions', options);
  }

  async record(decision: Decision): Promise<void> {
    const { userId, action, row, why, runId } = decision;
    const partition = userId !== null && isKey(userId) ? userId : nobody;
    const key = `${decision.at}-${randomUUID().slice(0, 8)}`;
    const columns = { action, row, why, run: runId ?? '' };
    await this.#table.put(toEntity('decisions', partition, key, decision, columns));
  }

  async of(userId: string, since: Date): Promise<readonly Decision[]> {
    if (!isKey(userId)) return [];
    const partition = userId.replaceAll("'", "''");
    const filter = `PartitionKey eq '${partition}' and RowKey ge '${since.toISOString()}'`;
    const entities = await this.#table.query(filter);
    return entities.map((entity) => fromEntity('decisions', entity, decisionSchema));
  }
}
