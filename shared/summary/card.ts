// A report as an Adaptive Card, in the form that a Teams workflow takes ("When a Teams webhook request is received").
// Pure. Every value is a text run, where Markdown is not read: a name can become neither a link nor a heading.
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using

import { type Line, numbersOf } from '../mail/letter.ts';
import { isWebPage, plain } from '../mail/plain.ts';
import { verdictText } from '../run/verdict.ts';
import type { Given } from './given.ts';
import { reportOf } from './report.ts';
import { type Tone, toneOf } from './verdict-colour.ts';

/** Teams refuses cards of 28 KB. */
const mostBytes = 24_000;
const limits = [6, 3, 1] as const;

type Colour = 'attention' | 'warning' | 'good' | 'default';
const colours: Readonly<Record<Tone, Colour>> = {
  alarm: 'attention',
  waiting: 'warning',
  well: 'good',
  quiet: 'default',
};

export interface CardMessage {
  type: 'message';
  attachments: readonly [
    { contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null; content: object },
  ];
}

/**
 * What a person must do now, what is still open, and buttons that lead to the run: the rest is on its page and in the
 * mail.
 */
export function cardOf(given: Given): CardMessage {
  const cards = limits.map((most) => cardWith(given, most));
  return cards.find((card) => Buffer.byteLength(JSON.stringify(card)) <= mostBytes) ?? cardWith(given, 0);
}

function cardWith(given: Given, most: number): CardMessage {
  const { verdict, story, now, stillOpen } = reportOf(given, most);
  const { account, code } = given.run;
  const body = [
    text(verdictText(verdict), { size: 'large', weight: 'bolder', color: colours[toneOf(verdict)] }),
    text(`${plain(account.userPrincipalName, 120)}, run ${plain(code, 12)}`, { isSubtle: true }),
    text(story),
    ...[now, ...stillOpen].flatMap(({ title, lines, numbered }) => [
      text(title, { weight: 'bolder', spacing: 'medium' }),
      ...numbersOf(lines.slice(0, most), numbered === true).flatMap(([line, number]) =>
        lineOf(line, number === undefined ? '• ' : `${number} `),
      ),
    ]),
  ];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body,
          actions: actionsOf(given, now.lines),
        },
      },
    ],
  };
}

const lineOf = ({ text: said, details = [], commands = [] }: Line, mark: string) => [
  text(`${mark}${said}`),
  ...details.slice(0, 2).map((detail) => text(plain(detail, 800), { isSubtle: true, spacing: 'none' })),
  ...commands.map((command) => text(command, { fontType: 'monospace', spacing: 'none' })),
];

function text(said: string, style: Readonly<Record<string, string | boolean>> = {}): object {
  const { spacing, ...run } = style;
  return {
    type: 'RichTextBlock',
    ...(spacing === undefined ? {} : { spacing }),
    inlines: [{ type: 'TextRun', text: said, ...run }],
  };
}

const mostActions = 5;

/** The run first, then what can be asked of it, then the admin centre page for the first thing to do. */
function actionsOf({ runUrl }: Given, lines: readonly Line[]): object[] {
  const asked = lines.flatMap(({ orders = [] }) =>
    orders.flatMap(({ text: title, page }) => (page === undefined ? [] : [{ title, url: page }])),
  );
  const places = lines.flatMap(({ link }) =>
    link === undefined ? [] : [{ title: link.text, url: link.url }],
  );
  return [{ title: 'Open the run', url: runUrl }, ...asked, ...places.slice(0, 1)]
    .filter(({ url }) => isWebPage(url))
    .slice(0, mostActions)
    .map(({ title, url }) => ({ type: 'Action.OpenUrl', title: plain(title, 80), url }));
}
