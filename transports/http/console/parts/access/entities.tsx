/** @jsxImportSource hono/jsx */
/** To which entities somebody, or a key, is limited. */
import { UsageError } from "../../../../../core/errors.ts";
import type { FormFields } from "../../form-fields.ts";
import { Area, Boxes } from "../field.tsx";

/** `known`: those that have anything, null = too many to choose from; what is chosen already and is none of them can be chosen again. */
export const EntityFields = ({ known, chosen }: { known: readonly string[] | null; chosen: readonly string[] }) => (
  <>
    <Boxes
      legend="Entities"
      name="entities"
      options={[...new Set([...(known ?? []), ...chosen])].map((name) => ({ value: name, text: name }))}
      ticked={chosen}
      hint="None: all entities, also those to come."
    />
    <Area
      label={known === null ? "Further entities" : "Entities that have nothing yet"}
      name="more_entities"
      rows={2}
      maxlength={10_000}
      hint="One on each line, as detections name them."
    />
  </>
);

/** As many as a form takes of one name. */
const mostTicked = 500;

/** What `EntityFields` asked for. @throws UsageError where there are more than a form can hold */
export function readEntities(form: FormFields): string[] {
  const ticked = form.all("entities");
  // Left out without a word, the rest would be lost.
  if (ticked.length >= mostTicked)
    throw new UsageError(`entities: fewer than ${mostTicked} here; more are taken by the API, or none for all`);
  const more = form.text("more_entities", 10_000).split("\n");
  return [...ticked, ...more].map((name) => name.trim()).filter((name) => name !== "");
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
