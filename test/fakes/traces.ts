// Everything that the app leaves behind, searched for every secret that any stand-in has made: passwords, passes,
// tokens, keys. More people can read what is stored, logged, mailed or answered than may know any of them.
import { TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Whole } from './whole.ts';

/** Everything that the app has stored, logged or requested. */
async function traces({ stack, log }: Whole): Promise<Record<string, string>> {
  const { connectionString } = stack.azurite;
  const options = { allowInsecureConnection: true };
  const tables: unknown[] = [];
  for await (const { name } of TableServiceClient.fromConnectionString(
    connectionString,
    options,
  ).listTables()) {
    const table = TableClient.fromConnectionString(connectionString, name ?? '', options);
    for await (const entity of table.listEntities()) tables.push(entity);
  }
  const blobs: string[] = [];
  const service = BlobServiceClient.fromConnectionString(connectionString);
  for await (const { name } of service.listContainers()) {
    const container = service.getContainerClient(name);
    for await (const blob of container.listBlobsFlat()) {
      blobs.push((await container.getBlobClient(blob.name).downloadToBuffer()).toString('utf8'));
    }
  }
  const { outbox, ...rest } = stack.tenant.state();
  return {
    tables: JSON.stringify(tables),
    blobs: blobs.join('\n'),
    log: JSON.stringify(log),
    mails: JSON.stringify(outbox),
    requests: JSON.stringify(stack.tenant.requests),
    tenant: JSON.stringify(rest),
  };
}

/** Where a secret was found, without the secret. Throws if there was nothing to search or nothing to look for. */
export async function leaksIn(whole: Whole, answers: readonly unknown[]): Promise<string[]> {
  const { tenant, host, topic } = whole.stack;
  const keys =
    host === null ? [] : [host.keys.master, host.keys.default, ...Object.values(host.keys.functions)];
  const secrets = [...tenant.secrets, ...keys, topic.key];
  if (tenant.secrets.size < 4) throw new Error('the stand-ins have made no secrets');
  const places = { ...(await traces(whole)), answers: JSON.stringify(answers) };
  return Object.entries(places).flatMap(([where, text]) => {
    if (where !== 'blobs' && text.length < 100) throw new Error(`nothing to search in ${where}`);
    return secrets.flatMap((secret, index) => {
      // As it is, in JSON, and in Base64.
      const forms = [
        secret,
        JSON.stringify(secret).slice(1, -1),
        Buffer.from(secret).toString('base64').slice(0, -4),
      ];
      return forms.some((form) => form.length > 5 && text.includes(form))
        ? [`${where}: secret ${index}`]
        : [];
    });
  });
}
