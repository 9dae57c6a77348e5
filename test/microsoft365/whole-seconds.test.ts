import { describe, expect, it } from 'vitest';
import { happenedBy } from '../../shared/microsoft365/whole-seconds.ts';

const t = (time: string) => `2026-11-20T${time}Z`;

describe('what reads back in whole seconds', () => {
  it.each([
    ['09:15:00.900', '09:15:00', true],
    ['09:15:00', '09:15:00', true],
    ['09:15:01', '09:15:00', false],
    ['09:15:00.400', '09:14:59', false],
    ['09:15:00.400', '09:15:01', true],
  ])('since %s, read as %s: %s — a whole second may hide any fraction', (since, read, happened) => {
    expect(happenedBy(t(since), t(read))).toBe(happened);
  });

  it.each([
    ['09:15:00.300', false],
    ['09:15:00.500', true],
    ['09:15:01.200', true],
    ['09:14:50.000', true],
    ['09:15:09.000', true],
  ])('is dated by our own clock at %s if our own change is what is read', (own, happened) => {
    expect(happenedBy(t('09:15:00.400'), t('09:15:00'), t(own))).toBe(happened);
  });

  it('is compared as it is if it has a fraction', () => {
    expect(happenedBy(t('09:15:00.400'), t('09:15:00.399'))).toBe(false);
    expect(happenedBy(t('09:15:00.400'), t('09:15:00.400'))).toBe(true);
  });
});
