// A report as plain text, for the terminal and for programs that show no HTML.
import { isWebPage } from './plain.ts';
import type { Line, Report, Section } from './report.ts';

/** Without the subject, beside which it is always shown. */
export const textOf = ({ lead, sections }: Pick<Report, 'lead' | 'sections'>): string =>
  [lead, ...sections.map(sectionText)].join('\n\n');

const sectionText = ({ title, lines, numbered }: Section): string =>
  [
    title.toUpperCase(),
    ...lines.flatMap((line, index) => lineText(line, numbered ? `${index + 1}.` : '-')),
  ].join('\n');

const lineText = ({ text, details = [], link, orders = [] }: Line, mark: string): string[] => [
  `${mark} ${text}`,
  ...details.map((detail) => `    ${detail}`),
  ...(link && isWebPage(link.url) ? [`    ${link.text}: ${link.url}`] : []),
  ...orders.map(({ text: what, request, page }) => `    ${what}: ${page ?? request}`),
];
