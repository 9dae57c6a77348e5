// HTML that escapes by itself. The template's own text is kept; every value is escaped unless it is HTML made the same
// way. A plain string is not Html, so forgetting the tag does not compile.

type Value = string | number | Html | readonly Html[];

export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  static readonly template = (literals: TemplateStringsArray, ...values: readonly Value[]): Html =>
    new Html(literals.map((literal, index) => literal + escaped(values[index] ?? '')).join(''));

  /** For sending; inside another template it would be escaped. */
  get text(): string {
    return this.#text;
  }
}

export const html = Html.template;

/** If there is nothing to show. */
export const nothing = html``;

function escaped(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
