// No code in a subject leaves the mailbox, however it is written; what is no code stays readable.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCodes } from '../../shared/microsoft365/mask-codes.ts';

describe('a subject that is shown', () => {
  it.each([
    ['Your verification code is 418 220', '418 220'],
    ['418220 is your verification code', '418220'],
    ['Verification code: 4-1-8-2-2-0', '4-1-8-2-2-0'],
    ['G-482913 is your Google verification code', '482913'],
    ['Your one-time passcode A7F-K2Q', 'A7F-K2Q'],
    ['Sign-in code: xkqplm', 'xkqplm'],
    ['xkqplm is your sign-in code', 'xkqplm'],
    ['Your login code is xkqp lmno', 'lmno'],
    ['YOUR CODE IS QWFPGJ', 'QWFPGJ'],
    ['Your security code WQRT-ZXCV is inside', 'WQRT-ZXCV'],
    ['رمز verification ٤١٨٢٢٠', '٤١٨٢٢٠'],
    ['Verification code 418220', '418220'],
    ['Verification code 4\u200B18\u200B220', '18'],
    ['確認コード:418220', '418220'],
    ['验证码：QX7P9', 'QX7P9'],
    ['Ihr Kennwort: Sommer!', 'Sommer!'],
    ['Reset your password https://filebox.example/r?t=abcdefghijklmnop', 'abcdefghijklmnop'],
    ['FW: Your verification code is 418220', '418220'],
  ])('hides the code in %j', (subject, code) => {
    const told = withoutCodes(subject);
    expect(told).toContain('•••');
    expect(told.normalize('NFKC')).not.toContain(code.normalize('NFKC'));
  });

  it.each(['Reset your password', 'New sign-in from Windows', 'Confirm your email address', 'Invoice 4417'])(
    'leaves %j as it is',
    (subject) => expect(withoutCodes(subject)).toBe(subject),
  );

  it('contains no six digits of a code, whatever is around and between them', () => {
    const gap = fc.constantFrom('', ' ', '-', '.', '\u200B', '\u00A0');
    const digit = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(
        fc.array(digit, { minLength: 4, maxLength: 10 }),
        gap,
        fc.string(),
        (code, between, more) => {
          const told = withoutCodes(
            `Your verification code ${code.join(between)} ${more.replaceAll(/\d/g, '')}`,
          );
          expect(told.replaceAll(/\D/g, '')).toBe('');
        },
      ),
    );
  });
});
