// Azure Monitor alerts in the common schema, such as a log alert on sign-ins or risk. The dimensions name the user; if
// they also name a risk detection or a Defender alert, that one is read from Microsoft Graph.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { PermanentError } from '../errors.ts';
import { type RiskLevel, riskLevel } from '../model/signal.ts';
import { accountIn, distinctAccounts, namesIn, namesNobody, subjectOf, type Told } from './named-account.ts';
import { listOf, maybe, text, time, word } from './payload-fields.ts';
import { type Inner, type Opener, type Reading, source } from './source.ts';

const dimension = z.object({ name: z.string(), value: z.unknown() });
const condition = z.object({ dimensions: listOf(dimension) });
const table = z.object({
  columns: listOf(z.object({ name: z.string() })),
  rows: listOf(z.array(z.unknown())),
});

/**
 * https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema
 * `{"schemaId":"azureMonitorCommonAlertSchema","data":{"essentials":{"alertId":"/subscriptions/…/providers/
 * Microsoft.AlertsManagement/alerts/b9569717-…","alertRule":"High risk sign-in","severity":"Sev1","signalType":"Log",
 * "monitorCondition":"Fired","monitoringService":"Log Alerts V2","originAlertId":"…","firedDateTime":
 * "2026-11-20T10:00:00.12Z","description":"…","essentialsVersion":"1.0","alertContextVersion":"1.0"},"alertContext":
 * {"condition":{"allOf":[{"dimensions":[{"name":"UserPrincipalName","value":"adele@contoso.com"}]}]}},
 * "customProperties":null}}`
 */
const payload = z.object({
  schemaId: word,
  data: z.object({
    essentials: z.object({
      alertId: z.string('has no alertId').min(1).max(2000),
      alertRule: text,
      severity: word,
      monitorCondition: word,
      monitoringService: text,
      firedDateTime: time,
      resolvedDateTime: time,
      description: text,
    }),
    alertContext: maybe(
      z.object({
        condition: maybe(z.object({ allOf: listOf(condition) })),
        SearchResults: maybe(z.object({ tables: listOf(table) })),
      }),
    ),
    customProperties: maybe(z.record(z.string(), z.unknown())),
  }),
});
type Payload = z.infer<typeof payload>;
type Fields = Readonly<Record<string, unknown>>;

const recognised = z
  .object({ schemaId: z.string().regex(/^azureMonitorCommonAlertSchema$/i) })
  .or(z.object({ data: z.object({ essentials: z.object({ alertId: z.string() }) }) }));

export const azureMonitor = source({
  name: 'azureMonitor',
  noun: 'Azure Monitor alert',
  eventTypes: ['Reclaim.AzureMonitorAlert'],
  permissions: [],
  payload,
  recognises: (data) => recognised.safeParse(data).success,
  async ask() {
    throw new PermanentError('Microsoft Graph holds no alerts of Azure Monitor');
  },
  reading,
});

/** If a dimension names something Graph holds, that is the alert. */
export const azureMonitorAlert: Opener = ({ data }) => {
  const parsed = recognised.safeParse(data).success ? payload.safeParse(data) : undefined;
  if (!parsed?.success || resolved(parsed.data)) return undefined;
  const found = rowsOf(parsed.data).flatMap((row) => held(row) ?? []);
  return found.length > 0 ? found : undefined;
};

const resolved = ({ data }: Payload) => data.essentials.monitorCondition?.toLowerCase() === 'resolved';

const idShape = /^[A-Za-z0-9][\w.-]{7,199}$/;

function held(row: Fields): Inner | undefined {
  const fields = namesIn(row);
  const id = (...names: string[]) =>
    names.map((name) => fields.get(name)).find((value) => typeof value === 'string' && idShape.test(value));
  const detection =
    id('riskdetectionid', 'detectionid', 'riskeventid') ??
    (fields.has('riskeventtype') ? id('id') : undefined);
  if (detection !== undefined) {
    const [riskEventType, riskState, userId, userPrincipalName] = [
      'riskeventtype',
      'riskstate',
      'userid',
      'userprincipalname',
    ].map((name) => fields.get(name));
    const riskLevel = fields.get('risklevel');
    return {
      type: 'Reclaim.RiskDetection',
      data: { id: detection, riskEventType, riskLevel, riskState, userId, userPrincipalName },
    };
  }
  const alert = id('alertid');
  return alert === undefined
    ? undefined
    : { type: 'Reclaim.Alert', data: { id: alert, title: fields.get('title') } };
}

/** Every row that may name an account: the dimensions first, then the search results if the alert includes them. */
function rowsOf({ data: { alertContext, customProperties } }: Payload): Fields[] {
  const dimensions = (alertContext?.condition?.allOf ?? []).map((one) =>
    Object.fromEntries(one.dimensions.map(({ name, value }) => [name, value])),
  );
  const results = (alertContext?.SearchResults?.tables ?? []).flatMap(({ columns, rows }) =>
    rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]))),
  );
  const all: Fields[] = [...dimensions, ...results, ...(customProperties === null ? [] : [customProperties])];
  return all.filter((row) => Object.keys(row).length > 0);
}

/** Sev3 is the default of a rule, so the two lowest severities tell us nothing. */
const severities: Readonly<Record<string, RiskLevel>> = { sev0: 'high', sev1: 'high', sev2: 'medium' };

function levelOf(given: Payload, rows: readonly Fields[]): RiskLevel {
  const said = rows.map((row) => word.parse(namesIn(row).get('risklevel'))).find((level) => level !== null);
  return said
    ? riskLevel(said)
    : (severities[given.data.essentials.severity?.toLowerCase() ?? ''] ?? 'unknown');
}

function reading(given: Payload): Reading {
  const { essentials } = given.data;
  const title = essentials.alertRule ?? 'Azure Monitor alert';
  const rows = rowsOf(given);
  const accounts = distinctAccounts(rows.flatMap((row) => accountIn(row) ?? []));
  // The id is a resource path. Its last part is unique; if that is too long for an id, it is hashed.
  const last = essentials.alertId.split('/').at(-1) ?? '';
  const id = idShape.test(last) ? last : createHash('sha256').update(essentials.alertId).digest('hex');
  const told: Told = {
    source: 'azureMonitor',
    id,
    version: `${essentials.monitorCondition ?? ''} ${essentials.resolvedDateTime ?? essentials.firedDateTime ?? ''}`,
    tenantId: null,
    detector: title,
    title,
    product: essentials.monitoringService ?? 'Azure Monitor',
    level: levelOf(given, rows),
    standing: !resolved(given),
    state: essentials.monitorCondition ?? 'unknown',
    activityAt: essentials.firedDateTime,
    detectedAt: essentials.firedDateTime,
    link: null,
  };
  return {
    id,
    tenantId: null,
    subjects: accounts.map((account) => subjectOf(account, told)),
    left: accounts.length === 0 ? namesNobody(title, rows) : [],
  };
}
