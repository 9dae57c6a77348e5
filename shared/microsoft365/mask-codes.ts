// Removes codes from subjects: a verification code still opens the account it was sent for, and more people read the summary,
// its tables and the stored rows than the mailbox. Anything that looks like a code is left out, rather too much than too
// little. Subjects about something else stay whole.
import { foldText, matcher } from './rule-name.ts';
import { codes } from './rule-words.ts';

/** Words of mail about access to an account: a code, a reset, a new device. */
const access = `${codes}
  password* passcode* reset_* sign_in* signin* login log_in logged_in new_device new_location account_recover*
  recovery_* email_changed email_address_changed confirm_your* activate_your magic_link security_alert*
  *passwort* *kennwort* anmeldung* mot_de_passe connexion contrasena* inicio_de_sesion senha* wachtwoord*
  losenord* adgangskode* passord* salasana* heslo* haslo* parola* jelszo* пароль* パスワード 密码 密碼 비밀번호`;
export const aboutAccess = matcher(access);
const mayHoldCode = matcher(`${access} code codes kode* codigo codice pin tan 2fa mfa`);

const hidden = '•••';
/** "418 220", "4-1-8-2-2-0", "٤١٨٢٢٠": three digits or more, however they are set apart. */
const digits = /\p{Nd}(?:[\s\p{P}]{0,2}\p{Nd}){2,}/gu;
/** "G-482913", "A7F-K2Q", "x9k": letters and digits together. */
const token = /[\p{L}\p{N}][\p{L}\p{N}_-]*/gu;
const isMixed = (text: string) => /\p{N}/u.test(text) && /\p{L}/u.test(text);
const capitals = /(?<![\p{L}\p{N}])\p{Lu}(?:-?\p{Lu}){3,}(?![\p{L}\p{N}])/gu;
/** "code is xkqp lmno", "PIN: qwfp", "TAN=zzrt". */
const named =
  /((?:code|kode|otp|pin|tan|passcode|password|passwort|kennwort|c[oó]digo|codice|mot de passe|コード|验证码|驗證碼|인증번호) ?(?: (?:is|ist|est|es|é|er|är) |[:=\-–—：]|は|是|为) ?)\S+/giu;
/** A last word behind one is its other half. */
const otherHalf = /(?<=•••) \S+$/u;
/** "xkqplm is your code". */
const leading = /^(\W{0,8})(\S{1,24})(?= (?:is|ist|est|es|é) (?:your|ihr|dein|votre|tu|su|seu|il)\b)/iu;
/** What a link or a token looks like. */
const long = /\S{24,}/gu;

/** Outlook keeps 255 characters of a subject. */
const mostRead = 1000;

/** The subject without anything that may be a code. */
export const withoutCodes = (subject: string): string => {
  const visible = subject
    .slice(0, mostRead)
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (!mayHoldCode.test(foldText(visible))) return subject;
  const shouted = !/\p{Ll}/u.test(visible);
  return visible
    .replace(named, `$1${hidden}`)
    .replace(otherHalf, '')
    .replace(long, hidden)
    .replace(leading, `$1${hidden}`)
    .replace(digits, hidden)
    .replace(token, (text) => (isMixed(text) ? hidden : text))
    .replace(shouted ? /(?!)/u : capitals, hidden);
};
