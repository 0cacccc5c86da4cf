/** Checks whether a cron schedule is valid and can ever match. The scheduler decides when it does. */

interface Field {
  lowest: number;
  highest: number;
  /** Names in place of numbers; the first is `lowest`. */
  names?: readonly string[];
  /** Forms besides numbers, ranges and steps. */
  special?: RegExp;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const second: Field = { lowest: 0, highest: 59 };
const minute: Field = { lowest: 0, highest: 59 };
const hour: Field = { lowest: 0, highest: 23 };
const day: Field = { lowest: 1, highest: 31, special: /^(?:l|lw|(?:[1-9]|[12]\d|3[01])w)$/ };
const month: Field = { lowest: 1, highest: 12, names: months };
const weekday: Field = { lowest: 0, highest: 7, names: weekdays, special: /^[0-7](?:#[1-5l]|l)$/ };

/** Days of each month; 29 for February because of leap years. */
const daysOfMonths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Five fields, or six with seconds in front. False for numbers out of range, empty ranges, and days that no such month has. */
export function canCome(schedule: string): boolean {
  const texts = schedule.trim().toLowerCase().split(/\s+/);
  const fields = texts.length === 6 ? [second, minute, hour, day, month, weekday] : [minute, hour, day, month, weekday];
  if (texts.length !== fields.length) return false;
  const values = fields.map((field, at) => valuesOf(texts[at] ?? "", field));
  if (values.some((found) => found === null)) return false;
  const [days, inMonths] = [values.at(-3), values.at(-2)];
  // With a weekday given too, either of them is enough.
  if (days === "special" || !days || !inMonths || inMonths === "special" || !/^[*?]$/.test(texts.at(-1) ?? ""))
    return true;
  return inMonths.some((one) => days.some((date) => date <= (daysOfMonths[one - 1] ?? 31)));
}

/** The numbers that a field matches; "special" if that depends on the calendar, null if it is invalid. */
function valuesOf(text: string, field: Field): number[] | "special" | null {
  const numbers: number[] = [];
  let isSpecial = false;
  for (const item of text.split(",")) {
    if (field.special?.test(item)) {
      isSpecial = true;
      continue;
    }
    const found = numbersOf(item, field);
    if (found === null) return null;
    numbers.push(...found);
  }
  return isSpecial ? "special" : numbers;
}

function numbersOf(item: string, field: Field): number[] | null {
  const match = /^(?:[*?]|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(item);
  if (match === null) return null;
  const [, from, to, step] = match;
  const first = from === undefined ? field.lowest : numberOf(from, field);
  const last =
    to !== undefined ? numberOf(to, field) : from === undefined || step !== undefined ? field.highest : first;
  const by = Number(step ?? 1);
  if (first === null || last === null || first > last || by < 1 || by > field.highest) return null;
  const numbers: number[] = [];
  for (let value = first; value <= last; value += by) numbers.push(value);
  return numbers;
}

function numberOf(text: string, { lowest, highest, names = [] }: Field): number | null {
  const named = names.indexOf(text);
  const value = named >= 0 ? named + lowest : Number(text);
  return Number.isInteger(value) && value >= lowest && value <= highest ? value : null;
}
