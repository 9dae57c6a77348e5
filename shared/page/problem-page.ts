// A refusal as a person reads it: what happened, and the way back to the run.
import { escapeHtml, plain } from '../summary/plain.ts';
import { shell } from './shell.ts';

export interface Refusal {
  title: string;
  detail: string;
  /** Path of this app to go on from. */
  back: string;
}

export const problemPage = ({ title, detail, back }: Refusal): string =>
  shell({
    title: `${plain(title, 80)} – Reclaim`,
    body: `<main class="card"><h1>${escapeHtml(plain(title, 120))}</h1><p>${escapeHtml(plain(detail, 2000))}</p><p><a href="${escapeHtml(back)}">Go on from here</a></p></main>`,
  });
