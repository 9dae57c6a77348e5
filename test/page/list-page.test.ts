// The list of runs: what waits for a person comes first and is counted, whatever state the run itself is in.
import { describe, expect, it } from 'vitest';
import { listPage } from '../../shared/page/list-page.ts';

const listed = (code: string, verdict: string, waits: boolean, state = 'finished') => ({
  id: `7d6da1c6-1d2b-5e67-a14b-ca85a8537042.20261120T091500-${code}`,
  code,
  verdict,
  state,
  userPrincipalName: `${code.toLowerCase()}@contoso.com`,
  displayName: `Person ${code}`,
  openedAt: '2026-11-20T09:12:00.000Z',
  waits,
});
const page = (runs: readonly ReturnType<typeof listed>[], most = 1000) =>
  listPage({ runs, days: 7, most, verdict: undefined, person: '', who: 'megan@contoso.com' });

describe('the list of runs', () => {
  it('puts a finished run that waits for a decision before one that waits for nobody', () => {
    const html = page([listed('AAAA', 'CONTAINED', false), listed('BBBB', 'DECIDE', true)]);
    expect(html.indexOf('BBBB')).toBeLessThan(html.indexOf('AAAA'));
    expect(html).toContain('2 in the last 7 days, 1 of them waits for a person.');
    expect(html).toContain('Waits for a person: 1');
    // A decision is not finished, even if the run is.
    expect(html.match(/>finished</g)).toHaveLength(1);
  });

  it('shows names and no object ids — nobody tells people apart by ids', () => {
    const cells = page([listed('AAAA', 'CONTAINED', false)]).replaceAll(/href="[^"]*"/g, '');
    expect(cells).toContain('Person AAAA');
    expect(cells).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  });

  it('shows every waiting run among a thousand, and says how many others it leaves out', () => {
    const runs = Array.from({ length: 1000 }, (_, index) =>
      listed(`R${index}`, index < 300 ? 'HELD' : 'CONTAINED', index < 300),
    );
    const html = page(runs);
    expect(html.match(/>HELD<\/a>/g)).toHaveLength(300);
    expect(html).toContain('And 500 more');
    expect(html).toContain('Only the newest 1000 are looked at.');
    expect(Buffer.byteLength(html)).toBeLessThan(300_000);
  });

  it('says that the first page is not the whole list, and links to the rest', () => {
    const html = page([listed('AAAA', 'CONTAINED', false), listed('BBBB', 'HELD', true)], 2);
    expect(html).toContain('Only the newest 2 are looked at, and up to 100 that are held.');
    expect(html).toContain('href="/api/runs?days=7&amp;most=1000"');
  });

  it('keeps the filter in the form, whatever somebody typed', () => {
    const html = listPage({
      ...{ runs: [], days: 30, most: 1000, who: 'megan@contoso.com' },
      ...{ verdict: 'HELD', person: '"><script>' },
    });
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(html).toContain('<option value="HELD" selected>');
    expect(html).toContain('<option value="30" selected>');
  });
});
