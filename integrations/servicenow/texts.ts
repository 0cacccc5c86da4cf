/** The texts of a new record: what the description has no room for is in its first work note. */
import type { Draft } from "../../core/tickets/draft.ts";
import { fitDraft } from "../../core/tickets/fit.ts";
import { plainText } from "../plain-text.ts";

/** Length of the field `description`. */
const descriptionBudget = 3_900;
const workNoteBudget = 30_000;
const pointer = "\n\nShortened to fit: the first work note has everything.";

/** `workNotes`: null where the description has all of it. */
export function recordTexts(draft: Draft): { description: string; workNotes: string | null } {
  const length = (one: Draft) => plainText(one).length;
  const whole = plainText(draft);
  if (whole.length <= descriptionBudget) return { description: whole, workNotes: null };
  return {
    description: `${plainText(fitDraft(draft, descriptionBudget - pointer.length, length))}${pointer}`,
    workNotes: plainText(fitDraft(draft, workNoteBudget, length)),
  };
}
