// The tag by which every mail and every page is made: whatever a value holds, it stays text.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { html, nothing } from '../../shared/mail/html.ts';

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
/** What a browser makes of escaped text. */
const read = (text: string) =>
  Object.entries(entities)
    .toReversed()
    .reduce((so, [entity, letter]) => so.replaceAll(entity, letter), text);

const strange = fc.string({ unit: fc.constantFrom(...`<>"'&;=/a b\u202e\n$\`{}`, '&lt;', '&#39;', '-->') });

it('keeps every value inside its element or attribute, and says what it said', () => {
  fc.assert(
    fc.property(strange, strange, (name, said) => {
      const { text } = html`<p title="${name}">${said}</p>`;
      const [, title = '', content = ''] = /^<p title="([^"<>]*)">([^<>"']*)<\/p>$/.exec(text) ?? [];
      expect([read(title), read(content)]).toEqual([name, said]);
    }),
  );
});

it('escapes once, however deep a value is nested', () => {
  const list = ['a < b', 'c & d'].map((each) => html`<li>${each}</li>`);
  expect(html`<ul>${list}</ul>${nothing}${3}`.text).toBe('<ul><li>a &lt; b</li><li>c &amp; d</li></ul>3');
});

it('takes no list of plain strings, which would go through unseen', () => {
  // @ts-expect-error each must have become HTML first
  expect(() => html`<ul>${['<b>']}</ul>`.text.includes('<b>')).not.toThrow();
});

it('is not met by a string', () => {
  // @ts-expect-error forgetting the tag does not compile
  const forgotten: ReturnType<typeof html> = `<p>${'<script>'}</p>`;
  expect(forgotten).not.toHaveProperty('text');
});
