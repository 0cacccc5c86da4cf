/** What a form of a section says beside the section's values. */
import type { Conflict } from "../../../parts/settings/settings-form.tsx";
import type { TestStep } from "../integration-state.ts";
import type { Picker } from "./field-picks.ts";

export interface FormState {
  /** What was typed, by field. */
  typed: ReadonlyMap<string, string>;
  problems: readonly { name: string; reason: string }[];
  conflict: Conflict | null;
  tested: { ok: boolean; steps: readonly TestStep[]; unsaved: number } | null;
  /** The test that goes before enabling has found something: whether to enable it all the same is for a person to say. */
  held: boolean;
  /** The fields of the target's own screens, once a person has asked for them. */
  picker: Picker | null;
}

export const freshForm: FormState = {
  ...{ typed: new Map(), problems: [], conflict: null, tested: null },
  ...{ held: false, picker: null },
};

/** The check box by which a person enables what its test has found wanting. */
export const allTheSame = "all_the_same";
