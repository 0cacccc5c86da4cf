/** @jsxImportSource hono/jsx */
/** Fields of another system with a value for each: rows, and a place for the whole as JSON. */
import { rowControl, type SectionField, shownName, valueText } from "./field-spec.ts";
import { Hint } from "./hint.tsx";
import { type Pair, type PairsSpec, pairsOf, valueColumn } from "./pairs.ts";
import { Source } from "./source.tsx";

/** Rows without anything, for more. */
const empty = 3;

interface PairsProps {
  spec: PairsSpec;
  field: SectionField;
  /** As a person typed it: the text of the object, or what was to be one; undefined = nothing was typed yet. */
  typed?: string | undefined;
  problem?: string | undefined;
  /** What was saved since the form was shown, where that differs. */
  savedNow?: string | undefined;
  /** What the other system calls fields, by id, where it was asked. */
  labels: ReadonlyMap<string, string>;
}

export const PairsField = ({ spec, field, typed, problem, savedNow, labels }: PairsProps) => {
  const { name, label, hint, of } = spec;
  const shown = pairsOf(valueText(field.value)) ?? [];
  const meant = typed === undefined ? shown : pairsOf(typed);
  // What is no object stays where it was typed, and the rows are as they are saved.
  const [rows, whole] = meant === null ? [shown, typed ?? ""] : [meant, ""];
  const count = field.pinned ? rows.length : Math.max(rows.length, shown.length) + empty;
  const control = (row: number, column: "" | typeof valueColumn, title: string) => {
    const text = (pairs: readonly Pair[]) => pairs[row]?.[column === "" ? 0 : 1] ?? "";
    const own = rowControl(name, row, column);
    return (
      <td data-label={title}>
        <input
          class="field mono"
          type="text"
          id={`f-${own}`}
          name={field.pinned ? undefined : own}
          data-label={`${label}, ${title.toLowerCase()} of row ${row + 1}`}
          aria-label={`${label}: ${title.toLowerCase()}, row ${row + 1}`}
          aria-describedby={`${name}-hint`}
          aria-invalid={problem === undefined ? undefined : "true"}
          list={column === "" && labels.size > 0 ? `${name}-offered` : undefined}
          value={text(rows)}
          readonly={field.pinned}
          autocomplete="off"
          spellcheck={false}
        />
        {field.pinned ? null : <input type="hidden" name={shownName(own)} value={text(shown)} />}
        {column === "" && labels.has(text(rows)) ? <div class="tiny quiet">{labels.get(text(rows))}</div> : null}
      </td>
    );
  };
  return (
    <div class="setting wide" id={`f-${name}`}>
      <div class="spread">
        <b class="label">{label}</b>
        <Source {...field} />
      </div>
      <div id={`${name}-rows`} data-part="asked">
        {count === 0 ? null : (
          <table class="grid cards rows pairs" aria-label={label}>
            <thead>
              <tr>
                <th scope="col">{of}</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: count }, (_, row) => (
                <tr>
                  {control(row, "", of)}
                  {control(row, valueColumn, "Value")}
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {labels.size === 0 ? null : (
          <datalist id={`${name}-offered`}>
            {[...labels].map(([id, words]) => (
              <option value={id}>{words}</option>
            ))}
          </datalist>
        )}
      </div>
      {field.pinned ? null : (
        <>
          <p class="row">
            <button class="btn mini scripted" type="button" data-add-row={`#${name}-rows`}>
              Add a row
            </button>
          </p>
          <details open={whole !== ""}>
            <summary class="run small">All of it as JSON</summary>
            <label class="stack small">
              Takes the place of every row above, once it is saved
              <textarea
                class="field mono"
                id={`f-${name}-json`}
                name={name}
                data-label={`${label} as JSON`}
                aria-describedby={`${name}-hint`}
                rows={3}
                placeholder={spec.placeholder}
                spellcheck={false}
              >
                {whole}
              </textarea>
            </label>
          </details>
        </>
      )}
      <Hint name={name} text={hint} problem={problem} savedNow={savedNow} />
    </div>
  );
};
