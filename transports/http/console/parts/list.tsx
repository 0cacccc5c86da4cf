/** @jsxImportSource hono/jsx */
/** What list pages have in common: the head of a page, a table by its columns, filters that choose, and a foot with pages. */
import type { Child } from "hono/jsx";
import { Select } from "./field.tsx";
import { SearchField } from "./filters.tsx";
import type { IconName } from "./icon.tsx";
import { Empty } from "./words.tsx";

/** Title, one sentence, and what can be done on the page as a whole. */
export const PageHead = ({ title, sub, children }: { title: string; sub?: Child; children?: Child }) => (
  <div class="page-head">
    <div class="grow">
      <h1>{title}</h1>
      {sub === undefined ? null : <p class="sub">{sub}</p>}
    </div>
    {children}
  </div>
);

export interface Column<Row> {
  head: string;
  /** Of head and cells: `r` for numbers, `wide` for what stands alone on a card, `drop` for what cards leave out. */
  class?: string;
  /** What a card says before a bare value. */
  label?: string;
  cell(row: Row): Child;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly (Column<Row> | null)[];
  rows: readonly Row[];
  /** Null = the row cannot be led to. */
  id(row: Row): string | null;
  /** What changes it while somebody looks (`data-live`). */
  live?(row: Row): string;
  /** `j` `k` move in it, and `Enter` opens its `a.lead`. */
  keys?: boolean;
  class?: string;
}

/** Narrow, its rows become cards. A column of null is left out. */
export function Table<Row>({ caption, columns, rows, id, live, keys = true, ...rest }: TableProps<Row>) {
  const shown = columns.filter((column) => column !== null);
  return (
    <table class={`grid cards${rest.class === undefined ? "" : ` ${rest.class}`}`} data-rows={keys ? "" : undefined}>
      <caption class="vh">{caption}</caption>
      <thead>
        <tr>
          {shown.map((column) => (
            <th scope="col" class={/\br\b/.test(column.class ?? "") ? "r" : undefined}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr id={id(row) ?? undefined} data-live={live?.(row)}>
            {shown.map((column) => (
              <td class={column.class} data-label={column.label}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In the place of a table whose filters match nothing. */
export const NoMatch = ({ icon = "search", title, reset }: { icon?: IconName; title: string; reset: string }) => (
  <Empty icon={icon} title={title}>
    <a class="btn" href={reset}>
      Reset the filters
    </a>
  </Empty>
);

interface ChoiceProps {
  name: string;
  label: string;
  value: string;
  /** What stands for all of them. */
  any: string;
  options: readonly (readonly [value: string, text: string])[];
}

/** A filter with an option for all. A value that is no option, such as one of a link, is one of them while it is chosen. */
export const Choice = ({ name, label, value, any, options }: ChoiceProps) => {
  const known = value === "" || options.some(([id]) => id === value);
  return (
    <Select
      bare
      label={label}
      name={name}
      value={value}
      options={[["", any], ...options, ...(known ? [] : [[value, value] as const])]}
    />
  );
};

/** Nothing where there is one entity or none to choose. `entities`: null = too many to choose from. */
export const EntityChoice = ({ value, entities }: { value: string; entities: readonly string[] | null }) => {
  if (entities === null) return <SearchField name="entity" value={value} label="Entity" />;
  if (entities.length < 2 && value === "") return null;
  const options = entities.map((name) => [name, name] as const);
  return <Choice name="entity" label="Entity" value={value} any="All entities" options={options} />;
};
