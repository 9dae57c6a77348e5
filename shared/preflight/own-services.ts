// The app's own services in Azure: queues, tables, blobs and the topic. Links are opened and rows read; the only thing
// written is one blob with a fixed text.
import { PermanentError, toFailure } from '../errors.ts';
import type { Blobs } from '../store/blobs.ts';
import type { Table } from '../store/table-client.ts';
import { type Finding, look, ok, problem, warning } from './finding.ts';

export interface OwnServices {
  queues: readonly string[];
  /** Opens links to queues without sending; throws if that fails. */
  warm(queues: readonly string[]): Promise<void>;
  tables: readonly Pick<Table, 'name' | 'get'>[];
  blobs: Pick<Blobs, 'put'> | undefined;
  /** Tries to publish nothing; undefined if no topic is set. */
  tryTopic: (() => Promise<void>) | undefined;
}

const area = 'app';
const mark = 'Written by preflight, to see that evidence can be kept.';

export async function ownFindings(services: OwnServices): Promise<Finding[]> {
  const rights = (role: string) => `the Azure role ${role}; deploy infra/bicep/main.bicep again`;
  const tables = services.tables.map((table) =>
    look(
      {
        check: `table ${table.name}`,
        area,
        what: `table ${table.name} can be read`,
        rights: rights('Storage Table Data Contributor'),
      },
      () => table.get('preflight', 'preflight', ['timestamp']),
      missing(`table ${table.name}`),
    ),
  );
  const { blobs, tryTopic } = services;
  const kept =
    blobs === undefined
      ? []
      : [
          look(
            {
              check: 'blobs evidence',
              area,
              what: 'evidence can be kept',
              rights: rights('Storage Blob Data Contributor'),
            },
            () => blobs.put('preflight', mark),
            missing('blobs evidence'),
          ),
        ];
  const topic =
    tryTopic === undefined
      ? warning(
          {
            check: 'topic',
            area,
            what: 'no Event Grid topic is set: alerts for other victims become tasks, and nothing is polled',
          },
          'Set EventGrid__topicEndpointUri, unless that is meant.',
        )
      : look(
          {
            check: 'topic',
            area,
            what: 'the topic takes what is published',
            rights: rights('EventGrid Data Sender'),
          },
          tryTopic,
          missing('topic'),
        );
  return await Promise.all([queueFinding(services), ...tables, ...kept, topic]);
}

/** Each by itself, so that the first failure doesn't hide the others. */
async function queueFinding({ queues, warm }: OwnServices): Promise<Finding> {
  const told = { check: 'queues', area } as const;
  const failed = (
    await Promise.all(
      queues.map((queue) =>
        warm([queue]).then(
          () => [],
          (thrown: unknown) => [thrown],
        ),
      ),
    )
  ).flat();
  const [first] = failed;
  if (first === undefined) return ok({ ...told, what: `all ${queues.length} queues can be sent to` });
  const what = `${failed.length} of ${queues.length} queues can't be sent to: ${toFailure(first).message}`;
  const now =
    'Deploy infra/bicep/main.bicep again: it makes the queues and gives the app Azure Service Bus Data Sender on each.';
  return first instanceof PermanentError ? problem({ ...told, what }, now) : warning({ ...told, what }, now);
}

/** A missing service is as bad as a forbidden one; the error itself says what to do. */
const missing = (check: string) => (refused: PermanentError) =>
  refused.status === undefined && refused.code === undefined
    ? undefined
    : problem({ check, area, what: refused.message }, 'Deploy infra/bicep/main.bicep again.');
