import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { path } from '../../shared/clients/path.ts';

const name = fc
  .string({ unit: fc.constantFrom(..."'oB@#/%&? é.$+();\\"), minLength: 1 })
  .filter((text) => !/^[.\s]*$/.test(text));

describe('path', () => {
  it('leaves an apostrophe in a segment as it is — doubled, the name would be nobody’s', () => {
    expect(path`/users/${"brian.o'brian@contoso.com"}/manager`).toBe(
      "/users/brian.o'brian%40contoso.com/manager",
    );
  });

  it('doubles it within quotes, wherever they stand', () => {
    expect(path`/users?$filter=id eq '${"o'brian"}'`).toBe("/users?$filter=id eq 'o''brian'");
    expect(path`/users/${"o'b"}/x?$filter=a eq 'b' and c eq '${"o'b"}'`).toBe(
      "/users/o'b/x?$filter=a eq 'b' and c eq 'o''b'",
    );
  });

  it('puts a name that begins with $ into parentheses — as a segment, Graph takes it for an option', () => {
    expect(path`/users/${"$o'b@contoso.com"}/manager`).toBe("/users('%24o''b%40contoso.com')/manager");
    expect(path`/users?$filter=mail eq '${'$x'}'`).toBe("/users?$filter=mail eq '%24x'");
  });

  it('means the same in both grammars, whatever the name', () => {
    fc.assert(
      fc.property(name, (given) => {
        const [place = '', query = ''] = path`/users/${given}?$filter=mail eq '${given}'`.split('?');
        const inKey = /^\/users\('(.*)'\)$/s.exec(decodeURIComponent(place))?.[1];
        const segment = inKey?.replaceAll("''", "'") ?? decodeURIComponent(place.slice('/users/'.length));
        expect(segment).toBe(given);
        expect(inKey !== undefined).toBe(given.startsWith('$'));
        const literal = /^\$filter=mail eq '(.*)'$/s.exec(decodeURIComponent(query))?.[1] ?? '';
        expect(literal).toMatch(/^([^']|'')*$/s);
        expect(literal.replaceAll("''", "'")).toBe(given);
      }),
    );
  });
});
