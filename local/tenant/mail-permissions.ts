// Which application permission allows what is asked about mail beside folders and settings: messages, their way, and
// what Defender for Office 365 knows of them (https://learn.microsoft.com/graph/permissions-reference).
import type { Alternatives } from './permissions.ts';

const analyzed = '/security/collaboration/analyzedEmails';

export const mailPermissions: Readonly<Record<string, Alternatives>> = {
  'GET /users/{id}/messages': ['Mail.ReadBasic.All', 'Mail.Read', 'Mail.ReadWrite'],
  'GET /admin/exchange/tracing/messageTraces': ['ExchangeMessageTrace.Read.All'],
  [`GET ${analyzed}`]: ['SecurityAnalyzedMessage.Read.All', 'SecurityAnalyzedMessage.ReadWrite.All'],
  [`POST ${analyzed}/remediate`]: ['SecurityAnalyzedMessage.ReadWrite.All'],
};
