// Reads HTML as strictly as this app writes it: everything but its own elements, attributes and links is a fault. A
// browser is more lenient, so what passes here can't be read in any other way.

const voids = new Set(['meta', 'input', 'br', 'rect']);
/** Each element of a mail or page, with the attributes that it may have. */
const own: Readonly<Record<string, readonly string[]>> = {
  html: ['lang', 'dir'],
  head: [],
  meta: ['charset', 'name', 'content', 'http-equiv'],
  title: [],
  body: ['style', 'class'],
  div: ['class', 'style'],
  table: ['class', 'style', 'role', 'width', 'cellpadding', 'cellspacing', 'border', 'aria-labelledby'],
  thead: [],
  tbody: [],
  tr: ['class'],
  td: ['class', 'style', 'align', 'valign', 'width', 'bgcolor', 'colspan'],
  th: ['class', 'scope', 'style', 'colspan'],
  h1: ['style', 'class'],
  h2: ['style', 'class', 'id'],
  h3: ['class', 'id'],
  b: ['class', 'style'],
  p: ['class', 'style', 'id'],
  pre: ['style', 'class'],
  span: ['class', 'style', 'aria-hidden'],
  ul: ['class', 'id'],
  ol: ['class', 'id', 'start'],
  li: ['class', 'id'],
  nav: ['aria-label', 'class'],
  main: ['id'],
  header: ['class'],
  footer: ['class'],
  section: ['class', 'id', 'aria-labelledby', 'aria-label'],
  details: ['class', 'id', 'open'],
  summary: ['class'],
  dl: ['class'],
  dt: [],
  dd: [],
  caption: ['class'],
  svg: [
    'class',
    'viewBox',
    'width',
    'height',
    'role',
    'aria-label',
    'aria-hidden',
    'preserveAspectRatio',
    'focusable',
  ],
  rect: ['class', 'x', 'y', 'width', 'height', 'rx'],
  a: ['class', 'href', 'style', 'rel', 'aria-label', 'id', 'download', 'aria-describedby'],
  form: ['class', 'method', 'action'],
  fieldset: ['class'],
  legend: ['class'],
  label: ['for', 'class'],
  button: ['type', 'name', 'value', 'class', 'aria-label'],
  select: ['id', 'name'],
  option: ['value', 'selected'],
  input: [
    ...['type', 'id', 'name', 'value', 'required', 'minlength', 'maxlength', 'autocomplete', 'checked'],
    ...['inputmode', 'min', 'max', 'aria-describedby', 'class'],
  ],
};
/** Our own, and Microsoft’s. */
const links =
  /^(\/api\/[^\\]*|#[\w-]+|https?:\/\/(127\.0\.0\.1|localhost):\d+\/[^\\]*|https:\/\/([a-z0-9-]+\.)*(microsoft\.com|office\.com|azure\.com|aka\.ms|portal\.azure\.com|azurewebsites\.net|windowsazure\.com|cloud\.microsoft)(\/[^\\]*)?)$/;
const entity = /&(?!(?:amp|lt|gt|quot|nbsp|#39|#x27|#\d+);)/;
const decoded = (text: string) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

export function htmlFaults(html: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const rest = html.replace(/^<!doctype html>\n?/i, '').replace(/<style>[^<]*<\/style>/, '');
  for (const [, tag, text] of rest.matchAll(/(<[^>]*>?)|([^<]+)/g)) {
    if (text !== undefined) {
      if (text.includes('>') || entity.test(text)) faults.push(`text: ${text.slice(0, 80)}`);
      continue;
    }
    const [, slash, name = '', attributes = ''] =
      /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z-]+(?:="[^"<>]*")?)*) ?\/?>$/.exec(tag ?? '') ?? [];
    const allowed = own[name];
    if (allowed === undefined) faults.push(`element: ${tag?.slice(0, 120)}`);
    else if (slash === '/') {
      const last = open.pop();
      if (last !== name || attributes !== '') faults.push(`${tag} closes <${last}>`);
    } else if (!voids.has(name)) open.push(name);
    for (const [, attribute = '', value = ''] of attributes.matchAll(/ ([a-zA-Z-]+)(?:="([^"]*)")?/g)) {
      const isLink = attribute === 'href' || attribute === 'action';
      if (!allowed?.includes(attribute)) faults.push(`attribute: <${name} ${attribute}>`);
      if (entity.test(value)) faults.push(`${attribute}: ${value.slice(0, 80)}`);
      if (isLink && !links.test(decoded(value))) faults.push(`link: ${value.slice(0, 120)}`);
      if (attribute === 'style' && !/^[\w\s#;:%.,()'-]*$/.test(decoded(value)))
        faults.push(`style: ${value.slice(0, 80)}`);
      if (attribute === 'style' && /url|expression|@/i.test(value))
        faults.push(`style: ${value.slice(0, 80)}`);
    }
  }
  return open.length === 0 ? faults : [...faults, `left open: ${open.join(' ')}`];
}
