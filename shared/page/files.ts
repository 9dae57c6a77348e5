// The files of a run, each with the step that made it: exports, evidence, drafts. They are downloaded, never shown.
import { type Html, html, nothing } from '../mail/html.ts';
import { plain } from '../mail/plain.ts';
import { type Given, titleOf } from '../summary/given.ts';

export function filesHtml(given: Given, path: string): Html {
  const items = given.steps.flatMap((row) =>
    row.attachments.map(({ name, content }) => {
      const url = `${path}/files/${encodeURIComponent(row.name)}/${encodeURIComponent(name)}`;
      const size = Math.max(1, Math.round(Buffer.byteLength(content) / 1024));
      return html`<li><a href="${url}">${plain(name, 120)}</a> <span class="d">${size} KB, ${titleOf(given, row.name)}</span></li>`;
    }),
  );
  if (items.length === 0) return nothing;
  return html`<section id="files" aria-labelledby="files-h"><h2 id="files-h">Files</h2><ul>${items}</ul></section>`;
}
