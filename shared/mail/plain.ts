// Names, subjects and error texts are written by strangers. Everything shown to a person goes through here first, so
// that it can't forge a line, turn the reading direction, become a link, or drown the rest.
import { trimEnd } from '../model/text.ts';

/**
 * Control and format characters (line ends, bidirectional overrides, zero widths), every space, and letters that look
 * like one.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Z}\u115f\u1160\u2800\u3164\uffa0]+/gu;
/** More marks than any language puts on one letter: they would overlap the lines above. */
const piled = /(\p{M}{4})\p{M}+/gu;
/** More than anybody reads; the rest isn't even looked at. */
const mostRead = 20_000;

/** One line without invisible characters. */
export const oneLine = (text: string): string =>
  text.slice(0, mostRead).toWellFormed().replace(unseen, ' ').trim().replace(piled, '$1');

/** One line of at most this many characters; mail programs find no address in it to link. */
export function plain(text: string, most = 300): string {
  const line = oneLine(text)
    .replaceAll('://', '[:]//')
    .replaceAll(/\bwww\./gi, 'www[.]');
  const letters = [...line];
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join('')}…`;
}

/** For use inside a sentence: without its own full stop. */
export const clause = (text: string, most?: number): string => trimEnd(plain(text, most), '.');

/** `2026-11-20 09:12:05 UTC` */
export function clock(iso: string): string {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) return 'an unknown time';
  const [day, hours = ''] = new Date(time).toISOString().split('T');
  return `${day} ${hours.slice(0, 8)} UTC`;
}

/** `2026-11-20` */
export const dayOf = (iso: string): string => clock(iso).slice(0, 10);

/** ISO 8601, or null if it isn't a time. */
export function later(iso: string, minutes: number): string | null {
  const time = Date.parse(iso) + minutes * 60_000;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** Only the time of day if it is on the same day. */
export const clockAfter = (first: string, iso: string): string =>
  clock(iso).slice(0, 10) === clock(first).slice(0, 10) ? clock(iso).slice(11) : clock(iso);

/** `1 step`, `2 steps` */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Only web pages are linked, whatever a row says, and none that hides its host behind a user name. */
export const isWebPage = (link: string): boolean =>
  link.length <= 2000 &&
  /^https?:\/\/[!-~]+$/.test(link) &&
  !/[<>"'`\\]/.test(link) &&
  URL.canParse(link) &&
  new URL(link).username === '';

const ofMicrosoft = /(^|\.)(microsoft|azure)\.(com|us|cn)$/;

/** For links that came with an alert: a forger must not choose where on-call goes. */
export const isMicrosoftPage = (link: string): boolean =>
  isWebPage(link) && link.startsWith('https:') && ofMicrosoft.test(new URL(link).hostname);
