// A refusal as a person reads it: what happened, and the way on.
import { html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { shell } from './shell.ts';

export interface ShownProblem {
  title: string;
  detail: string;
  /** Path of this app to go on from. */
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
