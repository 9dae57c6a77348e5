// When a timer fires next. NCRONTAB as Azure Functions has it: six fields, UTC, and a day must fit both the day of
// the month and the day of the week (other crons take either).
// https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  name: string;
  least: number;
  most: number;
  /** Names from `least` upwards. */
  names?: readonly string[];
}

const second: Field = { name: 'second', least: 0, most: 59 };
const minute: Field = { name: 'minute', least: 0, most: 59 };
const hour: Field = { name: 'hour', least: 0, most: 23 };
const day: Field = { name: 'day', least: 1, most: 31 };
const month: Field = { name: 'month', least: 1, most: 12, names: months };
const weekday: Field = { name: 'day of week', least: 0, most: 6, names: weekdays };

function parseField(text: string, field: Field): ReadonlySet<number> {
  const { name, least, most, names } = field;
  const refuse = () =>
    new Error(`NCRONTAB: "${text}" is no ${name} (${least} to ${most}, *, a-b, */n, lists)`);
  const number = (part: string) => {
    const named = names?.indexOf(part.slice(0, 3).toLowerCase()) ?? -1;
    const value = named >= 0 ? named + least : /^\d+$/.test(part) ? Number(part) : Number.NaN;
    if (!(value >= least && value <= most)) throw refuse();
    return value;
  };
  const values = new Set<number>();
  for (const entry of text.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(entry);
    if (match === null) throw refuse();
    const [, all, from, to, every] = match;
    const first = all || from === undefined ? least : number(from);
    // `5/10` runs on to the end of the field, `5` alone is just that.
    const last = all ? most : to !== undefined ? number(to) : every !== undefined ? most : first;
    const step = every === undefined ? 1 : Number(every);
    if (last < first || step < 1) throw refuse();
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

/** Returns a function from a time to the next time after it, to the second. Throws on an invalid expression. */
export function parseNcrontab(expression: string): (after: Date) => Date {
  const parts = expression.trim().split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  const [s, mi, h, d, mo, w] = parts;
  if (!s || !mi || !h || !d || !mo || !w || parts.length > 6) {
    throw new Error(
      `NCRONTAB: "${expression}" has ${parts.length} fields; six are needed, from second to day of week`,
    );
  }
  const fits = {
    second: parseField(s, second),
    minute: parseField(mi, minute),
    hour: parseField(h, hour),
    day: parseField(d, day),
    month: parseField(mo, month),
    weekday: parseField(w, weekday),
  };
  return (after) => {
    const at = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
    // 29 February on a given weekday comes round within 40 years, whatever the century.
    const end = at.getUTCFullYear() + 40;
    while (at.getUTCFullYear() <= end) {
      if (!fits.month.has(at.getUTCMonth() + 1)) {
        at.setUTCMonth(at.getUTCMonth() + 1, 1);
        at.setUTCHours(0, 0, 0);
      } else if (!fits.day.has(at.getUTCDate()) || !fits.weekday.has(at.getUTCDay())) {
        at.setUTCDate(at.getUTCDate() + 1);
        at.setUTCHours(0, 0, 0);
      } else if (!fits.hour.has(at.getUTCHours())) {
        at.setUTCHours(at.getUTCHours() + 1, 0, 0);
      } else if (!fits.minute.has(at.getUTCMinutes())) {
        at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
      } else if (!fits.second.has(at.getUTCSeconds())) {
        at.setUTCSeconds(at.getUTCSeconds() + 1);
      } else return at;
    }
    throw new Error(`NCRONTAB: "${expression}" never happens`);
  };
}
