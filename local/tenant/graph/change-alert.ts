// What may be changed of a Defender alert or incident: status, classification, comments
// (https://learn.microsoft.com/graph/api/security-alert-update).
import { isRow, TenantRefusal } from '../answers.ts';
import { alertProperties, incidentProperties } from '../schema/security.ts';
import { missing } from './alert-row.ts';
import type { GraphCall } from './route.ts';

type Collection = 'alerts' | 'incidents';
const properties = { alerts: alertProperties, incidents: incidentProperties };
const fresh = { alerts: 'new', incidents: 'active' } as const;
const alsoWritable: Readonly<Record<Collection, readonly string[]>> = {
  alerts: ['customDetails'],
  incidents: ['customTags', 'displayName', 'description', 'resolvingComment', 'severity', 'summary'],
};

function live(call: GraphCall, collection: Collection) {
  const id = call.parameters['id'] ?? '';
  const found = call.store.file[collection]?.find((entry) => entry.id === id);
  if (!found) throw missing(id);
  return found;
}

/** Answers 200; what the object is now is read from its own path. */
export const changeCase = (collection: Collection) => (call: GraphCall) => {
  const entry = live(call, collection);
  const body = isRow(call.body) ? call.body : {};
  const { status, classification, determination, assignedTo, ...rest } = body;
  const [unknown] = Object.keys(rest).filter((name) => !alsoWritable[collection].includes(name));
  if (unknown !== undefined)
    throw new TenantRefusal(400, 'BadRequest', `The property '${unknown}' cannot be updated.`);
  const types = properties[collection];
  const parsed = {
    status: types.status.safeParse(status),
    classification: types.classification.safeParse(classification),
    determination: types.determination.safeParse(determination),
    assignedTo: types.assignedTo.safeParse(assignedTo),
  };
  const [wrong] = Object.entries(parsed).filter(([, result]) => !result.success);
  if (wrong)
    throw new TenantRefusal(
      400,
      'BadRequest',
      `Requested value '${String(body[wrong[0]])}' was not found for ${wrong[0]}.`,
    );
  const { store } = call;
  const write = (name: keyof typeof parsed, fallback: string | null) => {
    if (body[name] === undefined) return;
    store.changing();
    if (parsed[name].data === fallback && !(name in entry)) return;
    Object.assign(entry, { [name]: parsed[name].data });
  };
  write('status', fresh[collection]);
  write('classification', 'unknown');
  write('determination', 'unknown');
  write('assignedTo', null);
  store.write(entry, 'lastUpdateDateTime', store.now().toISOString());
  const set = collection === 'alerts' ? 'alerts_v2' : 'incidents';
  return {
    status: 200,
    body: {
      '@odata.context': `https://graph.microsoft.com/v1.0/$metadata#security/${set}/$entity`,
      ...entry,
    },
  };
};

export const addComment = (collection: Collection) => (call: GraphCall) => {
  const entry = live(call, collection);
  const { comment, '@odata.type': type, ...rest } = isRow(call.body) ? call.body : {};
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined || !/^#?microsoft\.graph\.security\.alertComment$/.test(String(type)))
    throw new TenantRefusal(400, 'BadRequest', 'The comment does not hold.');
  if (typeof comment !== 'string' || comment === '')
    throw new TenantRefusal(400, 'BadRequest', 'The comment is empty.');
  const comments = [
    ...(entry.comments ?? []),
    {
      comment,
      createdByDisplayName: call.claims.appid,
      createdDateTime: call.store.now().toISOString(),
    },
  ];
  call.store.write(entry, 'comments', comments);
  return {
    status: 200,
    body: {
      '@odata.context':
        'https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.security.alertComment)',
      value: comments,
    },
  };
};
