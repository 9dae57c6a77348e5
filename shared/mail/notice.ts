// A notice: a mail to on-call about the responder itself rather than about one account (no signal, a held run that
// still waits, the circuit breaker, preflight). Pure: its shape, and its text. To send one, call
//
//   await notices.tell({ key: `breaker|${hour}`, version: 'degraded', headline: 'CIRCUIT BREAKER', … })
//
// which sends it once for each version under a key, however often it is called and by however many at once; see notices.ts.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isKey } from '../run/progress.ts';
import { type Line, letterHtml, letterText, type Section } from './letter.ts';
import { plain } from './plain.ts';
import { inZone } from './zone.ts';

const lineSchema = z.object({
  text: z.string(),
  details: z.array(z.string()).optional(),
  link: z.object({ text: z.string(), url: z.string() }).optional(),
  orders: z
    .array(z.object({ text: z.string(), request: z.string(), page: z.string().optional() }))
    .optional(),
});

/** Kept in a row until it is sent, so that the process that raised it may die. */
export const noticeSchema = z.object({
  /** What it is about, for ever: `no-signal`, `breaker|2026-11-20T09`. A table key (see isKey). */
  key: z.string().refine(isKey, 'is no key of a table'),
  /** Its version: the same one is not sent again. Use the day for a daily notice. */
  version: z.string(),
  /** In capitals, like a verdict: `NO SIGNAL`. */
  headline: z.string(),
  /** The rest of the subject: `no source has answered for 3 hours`. */
  subject: z.string(),
  /** Red if accounts are left unprotected, amber if something waits for a person, green if all is well again. */
  tone: z.enum(['alarm', 'waiting', 'well']),
  /** What happened, in two or three sentences. */
  lead: z.string(),
  /** The accounts under attack that it names: it is sent to none of their addresses. */
  about: z.array(z.object({ id: z.string(), userPrincipalName: z.string() })).optional(),
  /** What a person must do now comes first. Texts by strangers pass `plain` before they get in here. */
  sections: z.array(
    z.object({ title: z.string(), lines: z.array(lineSchema), numbered: z.literal(true).optional() }),
  ),
});
export type Notice = Readonly<z.infer<typeof noticeSchema>>;

export interface NoticeMail {
  subject: string;
  text: string;
  html: string;
}

const colours = { alarm: '#b3261e', waiting: '#8a5a00', well: '#1b6e3c' } as const;
const mostLines = 40;

/** The subject ends in a code made of key and version, by which it is found in Sent Items. */
export function noticeMail(notice: Notice, foot?: string, timeZone?: string): NoticeMail {
  const title = plain(notice.headline, 60);
  const below = plain(notice.subject, 140);
  const subject = `[Reclaim] ${title}: ${below} (${codeOf(notice)})`;
  const sections = notice.sections.map((section) => told(sectionOf(section), timeZone));
  const lead = inZone(timeZone, plain(notice.lead, 1000));
  return {
    subject,
    text: letterText({ lead, sections, foot }),
    html: letterHtml({ subject, colour: colours[notice.tone], title, below, lead, sections, foot }),
  };
}

/** With on-call's own time beside each time. */
const told = (section: Section, timeZone: string | undefined): Section => ({
  ...section,
  lines: section.lines.map(({ details, ...line }) => ({
    ...line,
    text: inZone(timeZone, line.text),
    ...(details === undefined ? {} : { details: details.map((detail) => inZone(timeZone, detail)) }),
  })),
});

function codeOf({ key, version }: Notice): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([key, version]))
    .digest('hex');
  return digest.slice(0, 6).toUpperCase();
}

/** Mail programs cut off a mail that is too long, and its end is lost. */
function sectionOf({ title, lines, numbered }: Notice['sections'][number]): Section {
  const more = lines.length - mostLines;
  const shown: Line[] = lines.slice(0, mostLines).map(lineOf);
  return {
    title,
    lines: more > 0 ? [...shown, { text: `… and ${more} more` }] : shown,
    ...(numbered ? { numbered } : {}),
  };
}

const lineOf = ({ text, details, link, orders }: z.infer<typeof lineSchema>): Line => ({
  text,
  ...(details ? { details } : {}),
  ...(link ? { link } : {}),
  ...(orders ? { orders: orders.map(({ page, ...one }) => (page ? { ...one, page } : one)) } : {}),
});
export const noticeRowSchema = z.object({
  notice: noticeSchema,
  state: z.enum(['waiting', 'sending', 'told']),
  /** Failures so far. */
  attempt: z.number(),
  /** Not before this time, or the end of the lease (ISO 8601). */
  until: z.string().nullable(),
  /** When the first send with an unknown outcome began. */
  claimedAt: z.string().nullable(),
  toldAt: z.string().nullable(),
});
export type NoticeRow = Readonly<z.infer<typeof noticeRowSchema>>;

export interface NoticeStore {
  read(key: string): Promise<{ row: NoticeRow; etag: string } | undefined>;
  /** Replaces exactly this version, or inserts if none is given. Returns the new ETag. */
  write(row: NoticeRow, etag: string | undefined): Promise<string | 'conflict'>;
  /** All that have not been told yet. */
  waiting(): Promise<readonly { row: NoticeRow; etag: string }[]>;
}
