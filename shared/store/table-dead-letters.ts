// Dead letters that nobody could settle, in Table Storage: table `watch`, partition `dead-letter`, one row per message.
import { createHash } from 'node:crypto';
import { type DeadLetters, type KeptLetter, keptLetterSchema } from '../run/dead-letter.ts';
import { Table, type TableOptions, type TableService } from './table-client.ts';
import { fromEntity, toEntity } from './table-entity.ts';

const partition = 'dead-letter';

export class TableDeadLetters implements DeadLetters {
  readonly #table: Table;

  constructor(service: TableService, options: TableOptions = {}) {
    this.#table = new Table(service, 'watch', options);
  }

  /** A repeated message has the same row. */
  async keep(letter: KeptLetter): Promise<void> {
    const rowKey = createHash('sha256')
      .update(JSON.stringify([letter.id, letter.source, letter.body]))
      .digest('hex')
      .slice(0, 32);
    const { at, source, reason } = letter;
    const columns = { at, source: source ?? '', reason: reason ?? '' };
    await this.#table.put(toEntity('watch', partition, rowKey, letter, columns));
  }

  async since(time: Date): Promise<readonly KeptLetter[]> {
    const found = await this.#table.query(`PartitionKey eq '${partition}' and at ge '${time.toISOString()}'`);
    return found.map((entity) => fromEntity('watch', entity, keptLetterSchema));
  }
}
