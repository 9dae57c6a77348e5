// A pass as it is read out by phone: one word per character, so that none is misheard.

const letters =
  'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu'.split(
    ' ',
  );
const digits = 'zero one two three four five six seven eight nine'.split(' ');
const symbols: Readonly<Record<string, string>> = {
  '!': 'exclamation mark',
  '"': 'double quote',
  '#': 'hash',
  $: 'dollar',
  '%': 'percent',
  '&': 'ampersand',
  "'": 'single quote',
  '(': 'opening bracket',
  ')': 'closing bracket',
  '*': 'asterisk',
  '+': 'plus',
  ',': 'comma',
  '-': 'hyphen',
  '.': 'full stop',
  '/': 'slash',
  ':': 'colon',
  ';': 'semicolon',
  '<': 'less than',
  '=': 'equals',
  '>': 'greater than',
  '?': 'question mark',
  '@': 'at sign',
  '[': 'opening square bracket',
  '\\': 'backslash',
  ']': 'closing square bracket',
  '^': 'caret',
  _: 'underscore',
  '`': 'backtick',
  '{': 'opening brace',
  '|': 'vertical bar',
  '}': 'closing brace',
  '~': 'tilde',
};

/** `capital Alfa, seven, hyphen, bravo` */
export const spelled = (text: string): string => [...text].map(word).join(', ');

function word(character: string): string {
  const letter = letters[character.toLowerCase().charCodeAt(0) - 97];
  if (letter !== undefined && /^[a-z]$/i.test(character)) {
    return character === character.toLowerCase() ? letter.toLowerCase() : `capital ${letter}`;
  }
  return digits[character.charCodeAt(0) - 48] ?? symbols[character] ?? character;
}
