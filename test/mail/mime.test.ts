// A mail as MIME, read back by rules that don't know how it was written.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMime } from '../../local/tenant/graph/mime.ts';
import { type Mail, mimeOf } from '../../shared/mail/mime.ts';

const mail: Mail = {
  from: 'reclaim@contoso.com',
  to: ['oncall@contoso.com', 'soc@contoso.com'],
  subject: '[Reclaim] CONTAINED, 2 TASKS: adele.vance@contoso.com (8M2P)',
  text: 'adele.vance@contoso.com is locked.\n.\nFrom here on',
  html: '<!doctype html><p>adele.vance@contoso.com is locked.</p>',
  importance: 'high',
  attachments: [{ name: 'recipients.csv', type: 'text/csv', content: 'zoë@fabrikam.com\r\n' }],
};
const read = (given: Mail) => readMime(Buffer.from(mimeOf(given)).toString('base64'));

describe('a mail as MIME', () => {
  it('has text and HTML as alternatives, with the files beside them', () => {
    expect(read(mail)).toEqual({
      subject: mail.subject,
      body: { contentType: 'html', content: mail.html },
      alternative: { contentType: 'text', content: mail.text },
      toRecipients: mail.to.map((address) => ({ emailAddress: { address } })),
      importance: 'high',
      attachments: [
        {
          '@odata.type': '#microsoft.graph.fileAttachment',
          name: 'recipients.csv',
          contentType: 'text/csv',
          contentBytes: Buffer.from('zoë@fabrikam.com\r\n').toString('base64'),
        },
      ],
    });
  });

  it('comes back unchanged whatever it contains, and no value becomes a header or a part', () => {
    const any = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(any, any, any, any, (subject, text, html, name) => {
        const attachments = [{ name: `${name}.csv`, type: 'text/csv', content: text } as const];
        const back = read({ ...mail, subject, text, html, attachments });
        expect(back).toMatchObject({
          subject: subject.toWellFormed(),
          body: { content: html.toWellFormed() },
          alternative: { content: text.toWellFormed() },
        });
        expect(Object.keys(back)).toHaveLength(6);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps to lines that every server passes on, in ASCII', () => {
    const long = mimeOf({ ...mail, subject: '🙂'.repeat(200), text: 'x'.repeat(5000) });
    for (const line of long.split('\r\n')) {
      expect(line.length).toBeLessThanOrEqual(78);
      expect(line).toMatch(/^[\t -~]*$/);
    }
  });

  it('lets no address forge a second recipient or a header', () => {
    const [to] = ['oncall@contoso.com>\r\nBcc: <adele@contoso.com'];
    const head = mimeOf({ ...mail, to: [to ?? ''] }).split('\r\n\r\n')[0] ?? '';
    expect(head).not.toMatch(/^bcc/im);
    expect(head).toContain('To: <oncall@contoso.comBcc:adele@contoso.com>');
  });
});
