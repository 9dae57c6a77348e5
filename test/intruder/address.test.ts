import { describe, expect, it } from 'vitest';
import { bareAddress, networkOf } from '../../shared/intruder/address.ts';

describe('an address from a log', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:52110', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    [' 203.0.113.7 ', '203.0.113.7'],
  ])('%s is %s — Exchange adds a port and brackets, Entra ID does not', (logged, bare) => {
    expect(bareAddress(logged)).toBe(bare);
  });
});

describe('a network', () => {
  it.each([
    ['2001:db8:12:3400::1', '2001:db8:12:3400:a1b2:c3d4:e5f6:1'],
    ['2001:db8::1', '[2001:db8:0:0:ffff::9]:50000'],
    ['2001:0db8:0000:0001::1', '2001:db8:0:1::2'],
    ['::ffff:203.0.113.7', '203.0.113.7:443'],
  ])('holds %s and %s — a device may change the last 64 bits', (one, other) => {
    expect(networkOf(one)).toBe(networkOf(other));
  });

  it.each([
    ['203.0.113.7', '203.0.113.8'],
    ['2001:db8:12:3400::1', '2001:db8:12:3401::1'],
    ['2001:db8::1', '2001:db8:0:1::1'],
  ])('does not hold both %s and %s', (one, other) => {
    expect(networkOf(one)).not.toBe(networkOf(other));
  });

  it('leaves what is no address as it is — a log may say "unknown"', () => {
    expect(networkOf('Unknown')).toBe('unknown');
  });
});
