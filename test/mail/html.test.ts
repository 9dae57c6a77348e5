// The tag that makes every mail and every page: whatever a value contains, it stays text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, nothing } from '../../shared/mail/html.ts';
import { errorsOf, placeOf } from '../fakes/compiled.ts';

const entities = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
/** What a browser makes of escaped text. */
const read = (text: string) =>
  Object.entries(entities)
    .toReversed()
    .reduce((so, [entity, letter]) => so.replaceAll(entity, letter), text);

const strange = fc.string({ unit: fc.constantFrom(...`<>"'&;=/a b\u202e\n$\`{}`, '&lt;', '&#39;', '-->') });

it('keeps every value inside its element or attribute, and unchanged to a reader', () => {
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

describe('what would go through unescaped', () => {
  const tag = `import { html } from '${placeOf('shared/mail/html.ts')}';\n`;
  const compiled = errorsOf({
    right: `${tag}export const page = html\`<ul>\${[html\`<li>a</li>\`]}</ul>\`;\n`,
    'a list of plain strings': `${tag}export const page = html\`<ul>\${["<b>"]}</ul>\`;\n`,
    'a string in place of HTML': `${tag}export const page: ReturnType<typeof html> = '<p></p>';\n`,
  });

  it('compiles if it is right — else the cases below would prove nothing', () => {
    expect(compiled.get('right')).toEqual([]);
  });

  it.each(['a list of plain strings', 'a string in place of HTML'])('does not compile: %s', (name) => {
    expect(compiled.get(name)?.length).toBeGreaterThan(0);
  });
});
