// Whether a summary would leave and arrive: the sender's mailbox and the recipients. No mail is sent; mail sent before shows
// that the app may send.
import { z } from 'zod';
import { path } from '../clients/path.ts';
import { PermanentError } from '../errors.ts';
import { clock } from '../mail/plain.ts';
import type { GraphReader } from '../model/clients.ts';
import { nullableText } from '../model/text.ts';
import { type Finding, look, ok, problem, warning } from './finding.ts';
import type { Sender } from './graph-read-list.ts';

export interface MailDeps {
  graph: GraphReader;
  from: string;
  to: readonly string[];
  /** From the token. */
  held: readonly string[];
  /** The run under way for an account, if there is one. */
  runOf(userId: string): Promise<string | undefined>;
}

const userSchema = z.object({
  id: z.string(),
  userPrincipalName: z.string(),
  accountEnabled: z.boolean().nullish(),
});
export type User = z.infer<typeof userSchema>;
const domainSchema = z.object({ id: z.string(), isVerified: z.boolean().nullish() });
const sentSchema = z.object({ subject: nullableText, sentDateTime: nullableText });

/** undefined if the directory has no such id or name. GET /users/{id}: User.Read.All. */
export async function userNamed(graph: GraphReader, name: string): Promise<User | undefined> {
  try {
    return await graph.get(path`/users/${name}?$select=id,userPrincipalName,accountEnabled`, userSchema);
  } catch (error) {
    if (error instanceof PermanentError && (error.status === 404 || error.status === 400)) return undefined;
    throw error;
  }
}

const area = 'mail';
const script =
  'Run infra/setup-tenant.ps1 -MailFrom, which lets the app send as this mailbox and read whether it has.';

/** Also returns the sender, whose account is used for all other checks. */
export async function senderFindings(
  deps: MailDeps,
): Promise<{ sender: Sender | undefined; findings: Finding[] }> {
  const { graph, from } = deps;
  const sender = await userNamed(graph, from);
  if (sender === undefined) {
    const what = `MAIL_FROM names ${from}, and no user of this directory has this user principal name: no mail can leave`;
    return {
      sender,
      findings: [
        problem({ check: 'mail sender', area, what }, 'Make the shared mailbox, or correct MAIL_FROM.'),
      ],
    };
  }
  const told = { check: 'mail sender', area, concerns: ['send-summary'] } as const;
  let ours: string | undefined;
  const reading = await look(
    { ...told, what: `the mailbox ${from} can be read`, rights: `Mail.ReadBasic on the mailbox ${from}` },
    async () => {
      const mails = await graph.list(
        path`/users/${from}/mailFolders/sentitems/messages?$select=id,subject,sentDateTime&$orderby=sentDateTime desc&$top=50`,
        sentSchema,
        { most: 50 },
      );
      ours = mails.find(({ subject }) => subject?.startsWith('[Reclaim]'))?.sentDateTime ?? undefined;
    },
    (refused) => {
      if (refused.status === 404) {
        return problem(
          { ...told, what: `${from} has no mailbox: no mail can leave` },
          'Give it one; a shared mailbox needs no licence.',
        );
      }
      return refused.status === 403
        ? problem({ ...told, what: `the mailbox ${from} can't be read (${refused.message})` }, script)
        : undefined;
    },
  );
  const sending = { check: 'mail sending', area, concerns: ['send-summary'] } as const;
  const known = deps.held.includes('Mail.Send')
    ? ok({ ...sending, what: 'Mail.Send is granted' })
    : ours !== undefined
      ? ok({ ...sending, what: `the app may send as ${from}: it did last at ${clock(ours)}` })
      : warning(
          { ...sending, what: `whether the app may send as ${from} can't be told before it has` },
          script,
        );
  return { sender, findings: [reading, known, ...(await underAttack(deps, sender, from, 'MAIL_FROM'))] };
}

/** On-call as the settings name it. */
export async function onCallFindings(deps: MailDeps): Promise<Finding[]> {
  const { graph, from, to } = deps;
  const domains = await graph.list('/domains?$select=id,isVerified', domainSchema);
  const own = new Set(
    domains.filter(({ isVerified }) => isVerified !== false).map(({ id }) => id.toLowerCase()),
  );
  const findings: Finding[] = [];
  for (const address of to) {
    const told = { check: `on-call ${address}`, area, concerns: ['send-summary'] } as const;
    const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    if (address.toLowerCase() === from.toLowerCase()) {
      const what = `${address} is the mailbox that sends: nobody may be reading it`;
      findings.push(warning({ ...told, what }, 'Name in MAIL_TO whoever is on call.'));
      continue;
    }
    if (!own.has(domain)) {
      const what = `${address} is outside this tenant: names of accounts and what was found in them leave the company`;
      findings.push(
        warning(
          { ...told, what },
          "Keep it if that is meant, as a way that an intruder here can't read; otherwise correct MAIL_TO.",
        ),
      );
      continue;
    }
    const user = await userNamed(graph, address);
    if (user?.accountEnabled === false) {
      const what = `${address} belongs to an account whose sign-in is blocked`;
      findings.push(
        warning(
          { ...told, what },
          'Fine for a shared mailbox that somebody reads; otherwise correct MAIL_TO.',
        ),
      );
      continue;
    }
    const attacked = user === undefined ? [] : await underAttack(deps, user, address, 'MAIL_TO');
    findings.push(
      ...(attacked.length > 0 ? attacked : [ok({ ...told, what: `${address} is in this tenant` })]),
    );
  }
  return findings;
}

/** On-call must not learn of an attack through the account under attack. */
async function underAttack(
  deps: MailDeps,
  user: Sender,
  address: string,
  setting: string,
): Promise<Finding[]> {
  const run = await deps.runOf(user.id);
  if (run === undefined) return [];
  const what = `${address} belongs to an account that is under attack itself (run ${run}): its intruder may read what is sent`;
  const told = { check: `attacked ${address}`, area, what, concerns: ['send-summary'] } as const;
  return [problem(told, `Name another address in ${setting} until the account is handed back.`)];
}
