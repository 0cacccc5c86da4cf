/** What the buttons of the field picker do. */
import { EdgeError } from "../../../../../../core/errors.ts";
import type { TargetScreens } from "../../../../../../core/tickets/fields/target-fields.ts";
import type { Action, ActionRequest, PageRequest, Shown } from "../../../page.ts";
import type { FieldSpec } from "../../../parts/settings/field-spec.ts";
import { readFields, typedOnly } from "../../../parts/settings/read-fields.ts";
import { type Picker, readPicks } from "./field-picks.ts";
import { type FormState, freshForm } from "./section-form.tsx";

type Answer = (request: PageRequest, state: FormState, status?: 200 | 412 | 422) => Promise<Shown>;

/** Asks the target for the fields of its screens, and puts what is picked of them into the form. */
export function pickActions(
  name: string,
  specs: readonly FieldSpec[],
  action: (what: string, run: Action["run"]) => Action,
  shown: Answer,
): Action[] {
  return [
    action("fields", async (request) => {
      const { sent, problems, target } = await asked(request, name, specs, true);
      const typed = typedOnly(sent);
      const picker: Picker = { target, typed: new Map(), problems: new Map(), taken: [] };
      return shown(request, { ...freshForm, typed, problems, picker });
    }),
    action("pick", async (request) => shown(request, await withPicks(request, name, specs))),
  ];
}

/** The form with what is picked put into its settings. */
export async function withPicks(
  request: ActionRequest,
  name: string,
  specs: readonly FieldSpec[],
): Promise<FormState & { picker: Picker }> {
  const { sent, target } = await asked(request, name, specs, false);
  const { texts, picker } = readPicks(request.form, target, sent.texts);
  const own = Object.fromEntries(target.screens.map(({ setting }) => [setting, texts.get(setting) ?? null]));
  const given = Object.fromEntries(Object.entries(own).filter(([setting]) => texts.has(setting)));
  const problems = await request.ports.api.settings.check(name, given);
  const picked = [...texts].filter(([setting, text]) => text !== sent.texts.get(setting));
  return { ...freshForm, typed: new Map([...typedOnly(sent), ...picked]), problems, picker };
}

async function asked(request: ActionRequest, name: string, specs: readonly FieldSpec[], fresh: boolean) {
  const sent = readFields(request.form, specs);
  const { changes } = sent;
  const { settings } = request.ports.api;
  const problems = await settings.check(name, changes);
  // Other fields than those that are picked may be wrong by what the target says: that is what it is asked for.
  const others = Object.fromEntries(
    Object.entries(changes).filter(([field]) => !problems.some((one) => one.name === field)),
  );
  const target = await settings.screens(request.caller, name, others, fresh).catch((error: unknown): TargetScreens => {
    if (!(error instanceof EdgeError)) throw error;
    return { screens: [], unread: [{ what: "The fields", why: error.message }] };
  });
  return { sent, problems, target };
}
