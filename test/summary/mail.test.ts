// The summary as Microsoft Graph is asked to send it.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readMime } from '../../local/tenant/graph/mime.ts';
import { PermanentError, RetryableError } from '../../shared/errors.ts';
import type { StepRow } from '../../shared/model/rows.ts';
import type { RunRows } from '../../shared/run/progress.ts';
import type { Given } from '../../shared/summary/given.ts';
import { createMailer, mailPermissions } from '../../shared/summary/mail.ts';
import { type Request, scriptedGraph } from '../fakes/scripted-graph.ts';
import { of } from './read.ts';
import { adele, at, having, playbook, signIns, task } from './rows.ts';
import { situations } from './situations.ts';

const sendMail = '/users/reclaim@contoso.com/sendMail';
const bodySchema = z.strictObject({
  message: z.strictObject({
    subject: z.string(),
    body: z.strictObject({ contentType: z.literal('html'), content: z.string() }),
    alternative: z.strictObject({ contentType: z.literal('text'), content: z.string() }).optional(),
    toRecipients: z.array(z.strictObject({ emailAddress: z.strictObject({ address: z.string() }) })),
    importance: z.literal('high'),
    attachments: z.array(
      z.strictObject({
        '@odata.type': z.literal('#microsoft.graph.fileAttachment'),
        name: z.string(),
        contentType: z.string(),
        contentBytes: z.base64(),
      }),
    ),
  }),
  saveToSentItems: z.boolean(),
});

const mimeSchema = z.strictObject({ mime: z.string() });

const rowsOf = ({ run, steps }: Given): RunRows => ({
  run: { row: run, etag: 'e1' },
  steps: steps.map((row) => ({ row, etag: 'e1' })),
});
const rows = rowsOf(situations['contained with tasks']());

interface Options {
  to?: readonly string[];
  from?: string;
  /** What Graph returns for the account under attack. */
  user?: unknown;
  sent?: readonly string[];
}

function mailer({
  to = ['oncall@contoso.com'],
  from = 'reclaim@contoso.com',
  user = {},
  sent = [],
}: Options = {}) {
  const graph = scriptedGraph(({ method, path }: Request) => {
    if (method === 'POST') return undefined;
    if (path.includes('/messages?')) return sent.map((subject, index) => ({ id: `m${index}`, subject }));
    if (user instanceof Error) throw user;
    return user;
  });
  const created = createMailer(
    { from, to, baseUrl: 'https://reclaim-contoso.azurewebsites.net' },
    { graph: () => graph, playbook, now: () => new Date(at('09:12:40')) },
  );
  const posted = () => graph.requests.filter(({ method }) => method === 'POST');
  /** As Exchange reads it: MIME, or JSON if it must not be kept. */
  const mail = () => {
    const mime = mimeSchema.safeParse(posted()[0]?.body);
    if (!mime.success) return bodySchema.parse(posted()[0]?.body);
    const message = readMime(Buffer.from(mime.data.mime).toString('base64'));
    return bodySchema.parse({ message, saveToSentItems: true });
  };
  const recipients = () => mail().message.toRecipients.map(({ emailAddress }) => emailAddress.address);
  return { graph, mailer: created, posted, mail, recipients };
}

describe('send', () => {
  it('posts one HTML mail of high importance from the sender to on-call, and keeps a copy to be found', async () => {
    const {
      mailer: it,
      posted,
      mail,
      recipients,
    } = mailer({ to: ['oncall@contoso.com', 'soc@contoso.com'] });
    await it.send(rows, []);
    expect(posted().map(({ path }) => path)).toEqual([sendMail]);
    expect(mail().message.subject).toBe('[Reclaim] CONTAINED, 2 TASKS: adele.vance@contoso.com (8M2P)');
    expect(mail().message.body.content).toMatch(/^<!doctype html>/);
    expect(recipients()).toEqual(['oncall@contoso.com', 'soc@contoso.com']);
    expect(mail().saveToSentItems).toBe(true);
  });

  it('carries the same as text for programs that show no HTML', async () => {
    const { mailer: it, mail } = mailer();
    await it.send(rows, []);
    expect(mail().message.alternative?.content).toBe(of('contained with tasks').text);
  });

  it('leaves as JSON if Exchange refuses the MIME message — on-call must hear of it', async () => {
    const { mailer: it, graph, posted } = mailer();
    graph.postMime = () => Promise.reject(new PermanentError('Invalid MIME content.', { status: 400 }));
    await it.send(rows, []);
    expect(bodySchema.parse(posted()[0]?.body).saveToSentItems).toBe(true);
  });

  it('is not sent in another form if sending itself is forbidden — on-call must be told what to fix', async () => {
    const { mailer: it, graph, posted } = mailer();
    graph.postMime = () => Promise.reject(new PermanentError('Mail.Send is missing', { status: 403 }));
    await expect(it.send(rows, [])).rejects.toThrow('Mail.Send is missing');
    expect(posted()).toEqual([]);
  });

  it('is not repeated as JSON after an answer that was lost — it may have left', async () => {
    const { mailer: it, graph, posted } = mailer();
    graph.postMime = () => Promise.reject(new RetryableError('lost', { tookEffect: 'unknown' }));
    await expect(it.send(rows, [])).rejects.toThrow(RetryableError);
    expect(posted()).toEqual([]);
  });

  it('accepts an answer without a body as success — sendMail answers 202 and nothing else', async () => {
    await expect(mailer().mailer.send(rows, [])).resolves.toBeUndefined();
  });

  it('links to the run at the address of this app', async () => {
    const { mailer: it, mail } = mailer();
    await it.send(rows, []);
    expect(mail().message.body.content).toContain(
      `href="https://reclaim-contoso.azurewebsites.net/api/runs/${adele}.20261120T091200-8M2P"`,
    );
  });

  it('passes on what Graph says, so that the caller decides whether to try again', async () => {
    const throttled = new RetryableError('throttled', { status: 429 });
    const { mailer: it, graph } = mailer();
    graph.postMime = () => Promise.reject(throttled);
    await expect(it.send(rows, [])).rejects.toBe(throttled);
  });

  it('asks for no permission that it does not use', () => {
    expect(mailPermissions).toEqual(['Mail.Send', 'Mail.ReadBasic.All', 'User.Read.All']);
  });
});

describe('a file', () => {
  const csv = (name: string, content: string) => ({ name, type: 'text/csv', content }) as const;
  const warn = task('warn', '3 recipients are not warned yet');
  const withFiles = (changes: Partial<StepRow>) => {
    const given = situations.contained();
    return rowsOf({ ...given, steps: having(given.steps, signIns(changes)) });
  };

  it('goes along if a step asks somebody to act — they need it for that', async () => {
    const { mailer: it, mail } = mailer();
    await it.send(withFiles({ tasks: [warn], attachments: [csv('recipients.csv', 'zoë@fabrikam.com')] }), []);
    const [sent, ...more] = mail().message.attachments;
    expect(sent).toMatchObject({ name: 'recipients.csv', contentType: 'text/csv' });
    expect(Buffer.from(sent?.contentBytes ?? '', 'base64').toString()).toBe('zoë@fabrikam.com');
    expect(more).toEqual([]);
  });

  it.each([
    ['that nobody needs now', { tasks: [{ ...warn, doneAt: at('09:30:00') }] }],
    ['of a step without a task', { tasks: [] }],
  ])('%s stays with the run — it is full of other people’s mail', async (_, changes) => {
    const { mailer: it, mail } = mailer();
    await it.send(withFiles({ ...changes, attachments: [csv('audit-log.csv', 'x')] }), []);
    expect(mail().message.attachments).toEqual([]);
  });

  it('that is larger than sendMail takes stays with the run, and the others go', async () => {
    const { mailer: it, mail } = mailer();
    const attachments = [csv('large.csv', 'ä'.repeat(750_001)), csv('small.csv', 'x')];
    await it.send(withFiles({ tasks: [warn], attachments }), []);
    expect(mail().message.attachments.map(({ name }) => name)).toEqual(['small.csv']);
  });
});

describe('the account under attack never gets it', () => {
  const user = {
    mail: 'adele@contoso.com',
    proxyAddresses: ['SMTP:adele@contoso.com', 'smtp:a.vance@contoso.com', 'x500:/o=Contoso/cn=adele'],
  };
  it.each([
    ['its sign-in name', 'adele.vance@contoso.com'],
    ['the same in capitals', 'Adele.Vance@Contoso.COM'],
    ['its mail address', 'adele@contoso.com'],
    ['an alias', 'a.vance@contoso.com'],
    ['an address with a tag, which reaches the same mailbox', 'a.vance+alerts@contoso.com'],
  ])('by %s', async (_, address) => {
    const { mailer: it, recipients } = mailer({ to: [address, 'oncall@contoso.com'], user });
    await it.send(rows, []);
    expect(recipients()).toEqual(['oncall@contoso.com']);
  });

  it('and if there is nobody else, says what to fix instead of sending', async () => {
    const { mailer: it, posted } = mailer({ to: ['adele@contoso.com'], user });
    await expect(it.send(rows, [])).rejects.toThrow(PermanentError);
    await expect(it.send(rows, [])).rejects.toThrow(
      /MAIL_TO belongs to adele\.vance@contoso\.com.*Add another/,
    );
    expect(posted()).toEqual([]);
  });

  it('asks only for addresses that an administrator gives — an alternate one set to on-call’s would silence on-call', async () => {
    const set = { ...user, otherMails: ['oncall@contoso.com'] };
    const { mailer: it, recipients, graph } = mailer({ user: set });
    await it.send(rows, []);
    expect(recipients()).toEqual(['oncall@contoso.com']);
    expect(graph.requests[0]?.path).toBe(`/users/${adele}?$select=id,mail,proxyAddresses`);
  });

  it('among its sent items either, if the sender’s mailbox is the one under attack', async () => {
    const { mailer: it, mail } = mailer({ from: 'a.vance@contoso.com', user });
    await it.send(rows, []);
    expect(mail().saveToSentItems).toBe(false);
  });

  it.each([
    ['deleted', new PermanentError('no such user', { status: 404 })],
    ['not to be read', new PermanentError('User.Read.All is missing', { status: 403 })],
  ])('and on-call hears of it even if the account is %s', async (_, refusal) => {
    const { mailer: it, recipients } = mailer({
      to: ['adele.vance@contoso.com', 'oncall@contoso.com'],
      user: refusal,
    });
    await it.send(rows, []);
    expect(recipients()).toEqual(['oncall@contoso.com']);
  });

  it('while Graph is busy: the mail waits', async () => {
    const { mailer: it, posted } = mailer({ user: new RetryableError('throttled') });
    await expect(it.send(rows, [])).rejects.toThrow(RetryableError);
    expect(posted()).toEqual([]);
  });
});

describe('wasSent', () => {
  const claimed: RunRows = {
    ...rows,
    run: { ...rows.run, row: { ...rows.run.row, summary: { ...rows.run.row.summary, verdict: 'LOCKED' } } },
  };
  const subject = '[Reclaim] LOCKED: adele.vance@contoso.com (8M2P)';

  it('looks among the sent items for the verdict in the row, not for what is true by now', async () => {
    expect(await mailer({ sent: [subject] }).mailer.wasSent(claimed, new Date(at('09:12:05')))).toBe(true);
    const other = '[Reclaim] CONTAINED, 2 TASKS: adele.vance@contoso.com (8M2P)';
    expect(await mailer({ sent: [other] }).mailer.wasSent(claimed, new Date(at('09:12:05')))).toBe(false);
  });

  it('is not satisfied by a mail of another run or account, or by none', async () => {
    const sent = [subject.replace('8M2P', '7K3Q'), subject.replace('adele.vance', 'megan.bowen')];
    expect(await mailer({ sent }).mailer.wasSent(claimed, new Date(at('09:12:05')))).toBe(false);
    expect(await mailer().mailer.wasSent(claimed, new Date(at('09:12:05')))).toBe(false);
  });

  it('searches from a few seconds before — Exchange gives whole seconds by its own clock', async () => {
    const { mailer: it, graph } = mailer();
    await it.wasSent(claimed, new Date('2026-11-20T09:12:05.900Z'));
    expect(graph.requests.map(({ path }) => path)).toEqual([
      '/users/reclaim@contoso.com/mailFolders/sentitems/messages?$select=id,subject,sentDateTime&$filter=sentDateTime ge 2026-11-20T09:12:00Z&$top=100',
    ]);
  });
});
