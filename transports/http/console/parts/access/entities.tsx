/** @jsxImportSource hono/jsx */
/** To which entities somebody, or a key, is limited. */
import type { FormFields } from "../../form-fields.ts";
import { Area, Boxes } from "../field.tsx";

/** `known`: those that have anything; what is chosen already and is none of them can be chosen again. */
export const EntityFields = ({ known, chosen }: { known: readonly string[]; chosen: readonly string[] }) => (
  <>
    <Boxes
      legend="Entities"
      name="entities"
      options={[...new Set([...known, ...chosen])].map((name) => ({ value: name, text: name }))}
      ticked={chosen}
      hint="None: all entities, also those to come."
    />
    <Area
      label="Entities that have nothing yet"
      name="more_entities"
      rows={2}
      maxlength={10_000}
      hint="One on each line, as detections name them."
    />
  </>
);

/** What `EntityFields` asked for. */
export function readEntities(form: FormFields): string[] {
  const more = form.text("more_entities", 10_000).split("\n");
  return [...form.all("entities"), ...more].map((name) => name.trim()).filter((name) => name !== "");
}

export const Entities = ({ names }: { names: readonly string[] }) =>
  names.length === 0 ? (
    <span class="quiet">all</span>
  ) : (
    <span class="any">
      {names.slice(0, 3).join(", ")}
      {names.length > 3 ? <span class="quiet"> and {names.length - 3} more</span> : null}
    </span>
  );
