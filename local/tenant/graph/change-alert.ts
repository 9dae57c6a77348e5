// What may be changed of a Defender alert: status, classification, comments
// (https://learn.microsoft.com/graph/api/security-alert-update).
import { isRow, Refusal } from '../answers.ts';
import { alertProperties } from '../schema/security.ts';
import { type Alert, alertRow, missing } from './alert-row.ts';
import type { GraphCall } from './route.ts';

function liveAlert(call: GraphCall): Alert {
  const id = call.parameters['id'] ?? '';
  const alert = call.store.file.alerts?.find((entry) => entry.id === id);
  if (!alert) throw missing(id);
  return alert;
}

export function changeAlert(call: GraphCall) {
  const alert = liveAlert(call);
  const body = isRow(call.body) ? call.body : {};
  const { status, classification, determination, assignedTo, ...rest } = body;
  const [unknown] = Object.keys(rest).filter((name) => name !== 'customDetails');
  if (unknown !== undefined)
    throw new Refusal(400, 'BadRequest', `The property '${unknown}' cannot be updated.`);
  const parsed = {
    status: alertProperties.status.safeParse(status),
    classification: alertProperties.classification.safeParse(classification),
    determination: alertProperties.determination.safeParse(determination),
    assignedTo: alertProperties.assignedTo.safeParse(assignedTo),
  };
  const [wrong] = Object.entries(parsed).filter(([, result]) => !result.success);
  if (wrong)
    throw new Refusal(
      400,
      'BadRequest',
      `Requested value '${String(body[wrong[0]])}' was not found for ${wrong[0]}.`,
    );
  const { store } = call;
  if (status !== undefined) store.write(alert, 'status', parsed.status.data, { fallback: 'new' });
  if (classification !== undefined)
    store.write(alert, 'classification', parsed.classification.data, { fallback: 'unknown' });
  if (determination !== undefined)
    store.write(alert, 'determination', parsed.determination.data, { fallback: 'unknown' });
  if (assignedTo !== undefined) store.write(alert, 'assignedTo', parsed.assignedTo.data, { fallback: null });
  store.write(alert, 'lastUpdateDateTime', store.now().toISOString());
  return {
    status: 200,
    body: {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#security/alerts_v2/$entity',
      ...alertRow(call, alert),
    },
  };
}

export function addComment(call: GraphCall) {
  const alert = liveAlert(call);
  const body = isRow(call.body) ? call.body : {};
  if (typeof body['comment'] !== 'string' || body['comment'] === '')
    throw new Refusal(400, 'BadRequest', 'The comment is empty.');
  const comments = [
    ...(alert.comments ?? []),
    {
      comment: body['comment'],
      createdByDisplayName: call.claims.appid,
      createdDateTime: call.store.now().toISOString(),
    },
  ];
  call.store.write(alert, 'comments', comments);
  return {
    status: 200,
    body: {
      '@odata.context':
        'https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.security.alertComment)',
      value: comments,
    },
  };
}
