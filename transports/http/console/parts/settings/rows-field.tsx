/** @jsxImportSource hono/jsx */
/** A setting that says something of each of many names: a row for each, and some for more. */
import { type RowsSpec, rowControl, rowsOf, type SectionField, shownName, valueText } from "./field-spec.ts";
import { Hint } from "./hint.tsx";
import { Source } from "./source.tsx";

/** Rows without anything, for more. */
const empty = 4;

interface RowsProps {
  spec: RowsSpec;
  field: SectionField;
  /** As a person typed it: the text of the object; undefined = nothing was typed yet. */
  typed?: string | undefined;
  problem?: string | undefined;
  /** What was saved since the form was shown, where that differs. */
  savedNow?: string | undefined;
}

export const RowsField = ({ spec, field, typed, problem, savedNow }: RowsProps) => {
  const { name, label, hint, of, columns } = spec;
  const shown = rowsOf(spec, valueText(field.value));
  const rows = typed === undefined ? shown : rowsOf(spec, typed);
  const count = field.pinned ? rows.length : Math.max(rows.length, shown.length) + empty;
  const hintId = `${name}-hint`;
  const control = (row: number, column: string, title: string, value: string, before: string) => (
    <td data-label={title}>
      <input
        class="field mono"
        type="text"
        id={`f-${rowControl(name, row, column)}`}
        name={field.pinned ? undefined : rowControl(name, row, column)}
        data-label={`${label}, ${title.toLowerCase()} of row ${row + 1}`}
        aria-label={`${title}, row ${row + 1}`}
        aria-describedby={hintId}
        aria-invalid={problem === undefined ? undefined : "true"}
        value={value}
        readonly={field.pinned}
        autocomplete="off"
        spellcheck={false}
      />
      {field.pinned ? null : <input type="hidden" name={shownName(rowControl(name, row, column))} value={before} />}
    </td>
  );
  return (
    <div class="setting wide">
      <div class="spread">
        <b class="label">{label}</b>
        <Source {...field} />
      </div>
      <table class="grid cards rows" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{of}</th>
            {columns.map(([, title]) => (
              <th scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: count }, (_, row) => (
            <tr>
              {control(row, "", of, rows[row]?.key ?? "", shown[row]?.key ?? "")}
              {columns.map(([column, title], at) =>
                control(row, column, title, rows[row]?.values[at] ?? "", shown[row]?.values[at] ?? ""),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <Hint
        name={name}
        text={[hint, field.pinned ? undefined : "There are rows for more after each save; an empty row is none."]
          .filter(Boolean)
          .join(" ")}
        problem={problem}
        savedNow={savedNow}
      />
    </div>
  );
};
