/** @jsxImportSource hono/jsx */
/** Names of a few that there are: a check box for each. */
import { boxName, type FieldSpec, type SectionField, shownName, valueText } from "./field-spec.ts";
import { Hint } from "./hint.tsx";
import { Source } from "./source.tsx";

interface SeveralProps {
  spec: FieldSpec & { kind: "several" };
  field: SectionField;
  /** As a person ticked them, with commas between; undefined = nothing was sent yet. */
  typed?: string | undefined;
  problem?: string | undefined;
  /** What was saved since the form was shown, where that differs. */
  savedNow?: string | undefined;
}

const namesIn = (text: string) => text.split(",").map((one) => one.trim().toLowerCase());

export const SeveralField = ({ spec, field, typed, problem, savedNow }: SeveralProps) => {
  const { name, label, hint, options } = spec;
  const shown = namesIn(valueText(field.value));
  const ticked = typed === undefined ? shown : namesIn(typed);
  return (
    <fieldset class="setting ticks wide" name={field.pinned ? undefined : name} id={`f-${name}`}>
      <legend class="spread">
        <span>{label}</span> <Source {...field} />
      </legend>
      {options.map(([value, words]) => (
        <label class="row one">
          <input
            type="checkbox"
            name={field.pinned ? undefined : boxName(name, value)}
            value="true"
            checked={ticked.includes(value)}
            disabled={field.pinned}
            data-label={`${label}, ${words}`}
            aria-describedby={`${name}-hint`}
            aria-invalid={problem === undefined ? undefined : "true"}
          />
          <span class="any">{words}</span>
          {field.pinned ? null : (
            <input type="hidden" name={shownName(boxName(name, value))} value={String(shown.includes(value))} />
          )}
        </label>
      ))}
      <Hint name={name} text={hint} problem={problem} savedNow={savedNow} />
    </fieldset>
  );
};
