// GET /api/decisions: what became of every alert and why, newest first, including those that opened no run.
import { z } from 'zod';
import { type DecisionRecord, decisionSchema } from '../../shared/alerts/decisions.ts';
import { type ApiAnswer, type ApiRequest, Problem } from '../runs/api.ts';

const days = 7;

export const decisionQuerySchema = z.strictObject({
  /** ISO 8601, a day or a time with its zone; left out: the last seven days. */
  since: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  /** Object id or user principal name; `nobody`: alerts that name no account. */
  account: z.string().min(1).max(200).optional(),
  action: decisionSchema.shape.action.optional(),
  most: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  after: z
    .string()
    .max(1100)
    .regex(/^[^~\p{Cc}]+~\d{13}-[0-9a-f]{8}$/u)
    .optional(),
});

/** Without the whole signal: its id and source are enough to trace an alert. */
const lineSchema = decisionSchema.omit({ signal: true });

export const decisionListSchema = z.object({
  decisions: z.array(lineSchema),
  /** Goes into `after` of the next request; null: nothing is older. */
  next: z.string().nullable(),
});

interface Dependencies {
  decisions: DecisionRecord;
  /** The object id of a user principal name; undefined if the directory doesn't have it. */
  idOf(userPrincipalName: string): Promise<string | undefined>;
  now(): Date;
}

export async function listDecisions(deps: Dependencies, request: ApiRequest): Promise<ApiAnswer> {
  const query = decisionQuerySchema.safeParse(request.query);
  if (!query.success) {
    const detail = query.error.issues.map(({ path, message }) => `${path.join('.') || 'query'}: ${message}`);
    throw new Problem(400, 'Invalid query', detail.join('; '));
  }
  const { since, account, action, most, after } = query.data;
  const page = await deps.decisions.list({
    since: since === undefined ? new Date(deps.now().getTime() - days * 86_400_000) : new Date(since),
    ...(account === undefined ? {} : { account: await idOf(deps, account) }),
    ...(action === undefined ? {} : { action }),
    most,
    ...(after === undefined ? {} : { after }),
  });
  const decisions = page.decisions.map((decision) => lineSchema.parse(decision));
  return { status: 200, json: { decisions, next: page.next } satisfies z.infer<typeof decisionListSchema> };
}

async function idOf(deps: Dependencies, account: string): Promise<string> {
  if (!account.includes('@')) return account.toLowerCase();
  const id = await deps.idOf(account);
  if (id === undefined) {
    throw new Problem(
      404,
      'Unknown account',
      `No user of this directory is called ${account}. Ask by object id for one that was deleted or renamed.`,
    );
  }
  return id.toLowerCase();
}
