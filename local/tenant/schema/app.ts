// Who calls, and how the services behave: what the app may do, and what goes wrong when.
import { z } from 'zod';
import { flag, guid, minutes, text, texts, whole } from './fields.ts';
import { mailFlowBehaviour } from './mail-flow.ts';
import { auditBehaviour } from './unified-audit.ts';

export const appSchema = z
  .strictObject({
    appId: guid.optional(),
    objectId: guid.optional().describe('Of its service principal'),
    permissions: texts
      .optional()
      .describe(
        'Application permissions in its tokens, Exchange.ManageAsApp among them. Default: what the steps declare',
      ),
    directoryRoles: texts
      .optional()
      .describe(
        'Entra roles it holds, by name. Default: User Administrator, Privileged Authentication Administrator, Exchange Administrator',
      ),
    exchangeRoleGroups: texts
      .optional()
      .describe('Exchange role groups it belongs to, such as Organization Management. Default: none'),
    exchangeCmdlets: texts
      .optional()
      .describe(
        'Cmdlets that roles of its own let it run, each with all its parameters. Default: none beside the groups',
      ),
    hiddenParameters: z
      .record(z.string(), texts)
      .optional()
      .describe(
        'Parameters of Exchange cmdlets that its roles do not show it, by cmdlet: { "Get-InboxRule": ["Mailbox"] }. Default: none',
      ),
    mailSenders: texts
      .optional()
      .describe(
        'Mailboxes it may send from through RBAC for Applications, without the permission Mail.Send. Default: none',
      ),
  })
  .describe('The app whose requests these are');

export const drillAppSchema = z
  .strictObject({
    appId: guid.optional(),
    permissions: texts
      .optional()
      .describe('Application permissions in its tokens. Default: what the drill plants with'),
  })
  .describe('The identity that plants a drill; it holds no role');

export const faultSchema = z
  .strictObject({
    on: text.describe(
      'What it meets: a cmdlet (Set-Mailbox), or method and path (PATCH /v1.0/users/*); * stands for anything',
    ),
    status: z
      .union([z.literal(206), whole.min(400).max(599)])
      .optional()
      .describe('Default 429. 206: a list without entries that a Warning calls partial'),
    retryAfter: whole.optional().describe('Seconds, in Retry-After; left out: no such header'),
    code: text.optional().describe("The service's error code"),
    exception: text
      .optional()
      .describe(
        'Of Exchange: the class of its exception. Default: that which comes with its sentence, else that of a busy server for 429, 503 and 504',
      ),
    message: text.optional(),
    skip: whole.optional().describe('Lets so many requests through first'),
    every: whole.optional().describe('Meets each n-th request only'),
    times: whole.optional().describe('How often; left out: always'),
    answerLost: flag.optional().describe('The request takes effect, and then the connection breaks'),
  })
  .describe('A request that fails');

export const behaviourSchema = z
  .strictObject({
    latencyMs: whole.optional().describe('Added to each request'),
    readLagMs: whole.optional().describe('Reads return the state before a write for so long after it'),
    enforceLimits: flag
      .optional()
      .describe(
        "Microsoft's published limits: Identity Protection 1 request a second without Retry-After, reports 5 in 10 seconds",
      ),
    directorySyncMinutes: whole
      .optional()
      .describe('Active Directory enables a synced account again so long after it was disabled in the cloud'),
    ...auditBehaviour,
    ...mailFlowBehaviour,
    deviceSyncMinutes: minutes
      .optional()
      .describe('Active Directory enables a hybrid device (ServerAd) again so long after it was disabled'),
    pimPendingMinutes: minutes
      .optional()
      .describe('A request to PIM is accepted, stays pending for so long, and takes effect then'),
    passDelayMinutes: minutes
      .optional()
      .describe('A Temporary Access Pass takes effect so long after it was made'),
    tokenMinutes: whole.optional().describe('How long a token lives; default 1440'),
    faults: z.array(faultSchema).optional(),
  })
  .describe('How the services behave; left out: at once and without fault');
