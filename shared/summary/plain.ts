// Names and subjects are written by strangers. Whatever is shown to a person goes through here first, so that it
// cannot forge a line, turn the reading direction, or drown the rest.

/** Control and format characters (line ends, bidirectional overrides, zero widths), line and paragraph separators. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line of at most so many characters. */
export function plain(text: string, most = 400): string {
  const line = text.replace(unseen, ' ').replace(/ {2,}/g, ' ').trim();
  const letters = [...line];
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join('')}…`;
}

/** `2026-11-20 09:12:05 UTC` */
export const clock = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** Only pages of the web are linked, whatever a row says. */
export const isWebPage = (link: string): boolean => /^https?:\/\/[^\s<>"']+$/.test(link);
