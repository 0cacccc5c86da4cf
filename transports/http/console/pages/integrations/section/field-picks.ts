/** Fields that a person picks from a ticket system's own screens, and what the settings then say. */
import {
  type TargetField,
  type TargetScreens,
  valueOfText,
} from "../../../../../../core/tickets/fields/target-fields.ts";
import type { FormFields } from "../../../form-fields.ts";
import { shownName } from "../../../parts/settings/field-spec.ts";
import { textOfPairs, valueOfTyped } from "../../../parts/settings/pairs.ts";

/** What the form says of the fields that the target offers. */
export interface Picker {
  target: TargetScreens;
  /** What was typed, by control; a control without has what the settings say. */
  typed: ReadonlyMap<string, string>;
  /** What is wrong, by control. */
  problems: ReadonlyMap<string, string>;
  /** Names of fields that were put into the settings of the form just now. */
  taken: readonly string[];
}

/** Names of controls. */
export const pickName = (setting: string, id: string) => `pick.${setting}.${id}`;
export const handName = (setting: string) => `hand.${setting}.name`;
export const handValue = (setting: string) => `hand.${setting}.value`;

const longestValue = 10_000;

/** Whether something is picked that is not in the settings yet. */
export function isPicked(form: FormFields): boolean {
  return form.names().some((name) => {
    if (/^hand\..*\.name$/.test(name)) return form.text(name) !== "";
    const control = /^shown\.(pick\..*)$/s.exec(name)?.[1];
    if (control === undefined) return false;
    const text = form.all(control).join("\n").replaceAll("\r\n", "\n").trim();
    return text !== form.text(name, longestValue);
  });
}

/** Whether a person can give it a value: it has an id that settings take, and is not filled already. */
export function isOffered({ id, isFilled }: TargetField): boolean {
  return !isFilled && /^[A-Za-z][\w.-]{0,99}$/.test(id);
}

/** The fields that a setting's text has; null for a text that is none. */
export function fieldsOf(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** What was picked, laid over the texts of the settings. `texts`: what the form has for each setting. */
export function readPicks(
  form: FormFields,
  target: TargetScreens,
  texts: ReadonlyMap<string, string>,
): { texts: Map<string, string>; picker: Picker } {
  const after = new Map(texts);
  const typed = new Map<string, string>();
  const problems = new Map<string, string>();
  const taken: string[] = [];
  for (const { setting, fields } of target.screens) {
    const values = fieldsOf(texts.get(setting) ?? "");
    // A pinned setting has no text here; of one that is no JSON its own check says so.
    if (!texts.has(setting) || values === null) continue;
    const entries = new Map(Object.entries(values));
    for (const field of fields.filter(isOffered)) {
      const name = pickName(setting, field.id);
      if (!form.has(shownName(name))) continue;
      const text = field.shape.kind === "many" ? form.all(name).join("\n") : form.text(name, longestValue);
      if (text === form.text(shownName(name), longestValue)) continue;
      const read = text === "" ? null : valueOfText(field, text);
      if (read !== null && "problem" in read) {
        typed.set(name, text);
        problems.set(name, read.problem);
        continue;
      }
      if (read === null) entries.delete(field.id);
      else entries.set(field.id, read.value);
      taken.push(field.label);
    }
    const other = form.text(handName(setting));
    if (other !== "") {
      entries.set(other, valueOfTyped(form.text(handValue(setting), longestValue)));
      taken.push(other);
    }
    after.set(setting, textOfPairs(entries));
  }
  return { texts: after, picker: { target, typed, problems, taken } };
}
