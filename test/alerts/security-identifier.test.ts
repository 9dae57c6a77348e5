import { describe, expect, it } from 'vitest';
import { cloudIdOf } from '../../shared/alerts/security-identifier.ts';

describe('cloudIdOf', () => {
  it.each([
    ['S-1-12-1-3693569424-1143438574-4132100751-2362357129', 'dc276590-7cee-4427-8fda-4af689b5ce8c'],
    ['S-1-12-1-2278771181-1138836695-610239386-3185958406', '87d349ed-44d7-43e1-9a83-5f2406dee5bd'],
  ])('finds the object id in %s — the identifier of a cloud account holds it', (sid, id) => {
    expect(cloudIdOf(sid)).toBe(id);
  });

  it.each([
    ['S-1-5-18'],
    ['S-1-5-21-1004336348-1177238915-682003330-1104'],
    ['S-1-12-1-4294967296-1-1-1'],
    [''],
  ])('finds none in %j — it is no cloud account', (sid) => {
    expect(cloudIdOf(sid)).toBeNull();
  });
});
