/** @jsxImportSource hono/jsx */
/** The row of filters above a list: a form that the browser can send by itself, with every value in the address. */
import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

interface SearchFieldProps {
  name: string;
  value: string;
  label: string;
}

export const SearchField = ({ name, value, label }: SearchFieldProps) => (
  <span class="search">
    <Icon n="search" />
    <input
      class="field"
      type="search"
      name={name}
      value={value}
      placeholder={label}
      aria-label={label}
      maxlength={200}
    />
  </span>
);

/** `action`: the list's address; `list`: id of what the form's answer replaces; `keep`: parameters that stay. */
export const Filters = (props: {
  action: string;
  label: string;
  list: string;
  keep?: Readonly<Record<string, string>>;
  children: Child;
}) => (
  <form class="filters" role="search" aria-label={props.label} action={props.action} data-filter={`#${props.list}`}>
    {Object.entries(props.keep ?? {}).map(([name, value]) =>
      value === "" ? null : <input type="hidden" name={name} value={value} />,
    )}
    {props.children}
    <button class="btn" type="submit">
      Filter
    </button>
    <a class="btn plain" href={props.action}>
      Reset
    </a>
  </form>
);
