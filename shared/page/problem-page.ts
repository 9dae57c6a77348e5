// A refusal as a page: what happened, and how to go on.
import { html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { shell } from './shell.ts';

export interface ShownProblem {
  title: string;
  detail: string;
  /** Path in this app to continue from. */
  back: string;
}

export const problemPage = ({ title, detail, back }: ShownProblem): string =>
  shell({
    title: `${plain(title, 80)} – Reclaim`,
    tone: 'quiet',
    heading: plain(title, 120),
    under: nothing,
    main: html`<p class="lead">${plain(detail, 2000)}</p><ul class="actions"><li><a class="b" href="${back}">Go on from here</a></li></ul>`,
  });
