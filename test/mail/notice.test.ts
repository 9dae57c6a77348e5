// The mail of a notice: subject, text and HTML, and what strangers may have written into it.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readMime } from '../../local/tenant/graph/mime.ts';
import { type Notice, noticeMail, noticeSchema } from '../../shared/mail/notice.ts';
import { createNoticeMailer } from '../../shared/mail/notice-mailer.ts';
import { scriptedGraph } from '../fakes/scripted-graph.ts';

const waiting: Notice = {
  key: 'held-runs',
  version: '2026-11-20',
  headline: '1 RUN WAITS FOR APPROVAL',
  subject: 'adele.vance@contoso.com',
  tone: 'waiting',
  lead: 'Nothing is done for these accounts until a person decides.',
  sections: [
    {
      title: 'Do now',
      numbered: true,
      lines: [
        {
          text: 'Decide about adele.vance@contoso.com',
          details: ['held since 2026-11-19 09:12:05 UTC'],
          orders: [{ text: 'To let it run', request: 'POST https://reclaim.contoso.com/api/runs/1/approve' }],
        },
      ],
    },
  ],
};

describe('the mail of a notice', () => {
  it('says the same in subject, text and HTML', () => {
    const { subject, text, html } = noticeMail(waiting);
    expect(subject).toMatch(
      /^\[Reclaim\] 1 RUN WAITS FOR APPROVAL: adele\.vance@contoso\.com \([0-9A-F]{6}\)$/,
    );
    for (const part of [
      'Nothing is done for these accounts',
      'held since 2026-11-19 09:12:05 UTC',
      'POST https://reclaim.contoso.com/api/runs/1/approve',
    ]) {
      expect(text).toContain(part);
      expect(html).toContain(part);
    }
    expect(html).toContain(
      '<h1 style="margin:0;font-size:24px;line-height:30px">1 RUN WAITS FOR APPROVAL</h1>',
    );
  });

  it('shows each time in on-call’s zone too, and is found by the same subject', () => {
    const { subject, text } = noticeMail(waiting, undefined, 'Europe/Berlin');
    expect(text).toContain('held since 2026-11-19 09:12:05 UTC (10:12 CET)');
    expect(subject).toBe(noticeMail(waiting).subject);
  });

  it('has another subject for each version — it is found again by that', () => {
    const next = noticeMail({ ...waiting, version: '2026-11-21' });
    expect(next.subject).not.toBe(noticeMail(waiting).subject);
    expect(noticeMail({ ...waiting, lead: 'x' }).subject).toBe(noticeMail(waiting).subject);
  });

  it('lets nobody write HTML or a second line into it', () => {
    const name = '<img src=x onerror=alert(1)>\r\nBcc: eve@evil.example';
    const { subject, html } = noticeMail({
      ...waiting,
      subject: name,
      lead: name,
      sections: [{ title: name, lines: [{ text: name, details: [name] }] }],
    });
    expect(subject).not.toMatch(/[\r\n]/);
    expect(html).not.toContain('<img');
    expect(html.match(/&lt;img/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('says how many lines are left out', () => {
    const lines = Array.from({ length: 200 }, (_, index) => ({ text: `run ${index}` }));
    const { text } = noticeMail({ ...waiting, sections: [{ title: 'Held', lines }] });
    expect(text).toContain('run 39');
    expect(text).not.toContain('run 40');
    expect(text).toContain('… and 160 more');
  });

  it('accepts no key that a table would refuse', () => {
    expect(noticeSchema.safeParse({ ...waiting, key: 'a/b' }).success).toBe(false);
  });
});

describe('sent with Microsoft Graph', () => {
  const settings = { from: 'reclaim@contoso.com', to: ['oncall@contoso.com', 'soc@contoso.com'] };
  const messageSchema = z.object({
    subject: z.string(),
    toRecipients: z.array(z.object({ emailAddress: z.object({ address: z.string() }) })),
  });

  const messageOf = (body: unknown) => {
    const { mime } = z.strictObject({ mime: z.string() }).parse(body);
    return messageSchema.parse(readMime(Buffer.from(mime).toString('base64')));
  };

  it('goes from the summary’s mailbox to all of on-call, and is kept in Sent Items', async () => {
    const graph = scriptedGraph(() => undefined);
    await createNoticeMailer(settings, () => graph).send(waiting);
    const [request] = graph.requests;
    expect(request).toMatchObject({ method: 'POST', path: '/users/reclaim@contoso.com/sendMail' });
    const message = messageOf(request?.body);
    expect(message.subject).toBe(noticeMail(waiting).subject);
    expect(message.toRecipients.map((one) => one.emailAddress.address)).toEqual(settings.to);
  });

  const attacked = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `id-${index}`,
      userPrincipalName: `user${index}@contoso.com`,
    }));

  it.each([
    ['a few', 2],
    ['a storm', 200],
  ])('goes to no account under attack that it names: %s', async (_, number) => {
    const graph = scriptedGraph(({ method, path }) => {
      if (method === 'POST') return undefined;
      const named = path.startsWith('/users/id-1?') || path.startsWith('/users/oncall@contoso.com?');
      return named
        ? { id: 'id-1', mail: 'oncall@contoso.com', proxyAddresses: ['SMTP:oncall@contoso.com'] }
        : { id: 'x' };
    });
    await createNoticeMailer(settings, () => graph).send({ ...waiting, about: attacked(number) });
    const message = messageOf(graph.requests.at(-1)?.body);
    expect(message.toRecipients.map((one) => one.emailAddress.address)).toEqual(['soc@contoso.com']);
    expect(graph.requests.length).toBeLessThan(6);
  });

  it('is not sent at all if every address is under attack, and says so', async () => {
    const graph = scriptedGraph(() => ({ id: 'x' }));
    const about = settings.to.map((userPrincipalName) => ({ id: userPrincipalName, userPrincipalName }));
    const one = { ...waiting, about: [...about, ...attacked(30)] };
    await expect(createNoticeMailer(settings, () => graph).send(one)).rejects.toThrow(
      /Add another one to MAIL_TO/,
    );
    expect(graph.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it.each([
    ['its own', noticeMail(waiting).subject, true],
    ['another day’s', noticeMail({ ...waiting, version: '2026-11-19' }).subject, false],
  ])('is known to have left by %s subject', async (_, subject, expected) => {
    const graph = scriptedGraph(() => [{ id: 'm1', subject }]);
    const since = new Date('2026-11-20T09:00:03.500Z');
    expect(await createNoticeMailer(settings, () => graph).wasSent(waiting, since)).toBe(expected);
    expect(graph.requests[0]?.path).toContain('sentDateTime ge 2026-11-20T08:59:58Z');
  });
});
