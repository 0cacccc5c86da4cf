/** @jsxImportSource hono/jsx */
/** Heads of tables that are sorted by a link, views with counts, and the foot with pages. Narrow, tables become cards. */
import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

/** The address with some parameters changed; null takes one away. */
export function withParameters(url: URL, changes: Readonly<Record<string, string | null>>): string {
  const next = new URLSearchParams(url.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const query = next.toString();
  return query === "" ? url.pathname : `${url.pathname}?${query}`;
}

interface SortProps {
  url: URL;
  /** What stands in `sort`; the present order. */
  by: string;
  current: string;
  direction: "asc" | "desc";
  /** How the first click sorts. */
  first?: "asc" | "desc";
  class?: string;
  children: Child;
}

/** The head of a column by which the rows can be sorted. The first click sorts highest or newest first, unless it says otherwise. */
export const SortHead = ({ url, by, current, direction, first = "desc", children, ...rest }: SortProps) => {
  const isHere = by === current;
  const other = first === "desc" ? "asc" : "desc";
  const next = isHere && direction === first ? other : first;
  return (
    <th
      scope="col"
      class={rest.class}
      aria-sort={isHere ? (direction === "desc" ? "descending" : "ascending") : undefined}
    >
      <a href={withParameters(url, { sort: by, dir: next, page: null })}>
        {children}
        {isHere ? <Icon n={direction === "desc" ? "arrow-down" : "arrow-up"} s={11} /> : null}
      </a>
    </th>
  );
};

export const Views = ({
  views,
}: {
  views: readonly { href: string; name: string; count?: number; here: boolean }[];
}) => (
  <nav class="tabs" aria-label="Views">
    {views.map(({ href, name, count, here }) => (
      <a href={href} aria-current={here ? "page" : undefined}>
        {name}
        {count === undefined ? null : <span class="n">{count}</span>}
      </a>
    ))}
  </nav>
);

/** `page` counts from 1. */
export const PageFoot = (props: {
  url: URL;
  page: number;
  size: number;
  shown: number;
  total: number;
  /** There are more: counting has ended there. */
  totalIsLeast?: boolean;
  children?: Child;
}) => {
  const { url, page, size, shown, total, totalIsLeast, children } = props;
  const all = totalIsLeast ? `more than ${total}` : total;
  const first = (page - 1) * size + 1;
  const target = (to: number) => withParameters(url, { page: to === 1 ? null : String(to) });
  return (
    <div class="foot-bar">
      <span class="keys">{children}</span>
      <nav class="row" aria-label="Pages">
        <span>{shown === 0 ? `none of ${all}` : `${first} to ${first + shown - 1} of ${all}`}</span>
        {page > 1 ? (
          <a class="btn mini" href={target(page - 1)} rel="prev">
            Earlier
          </a>
        ) : null}
        {page * size < total || (totalIsLeast && shown === size) ? (
          <a class="btn mini" href={target(page + 1)} rel="next">
            Next
          </a>
        ) : null}
      </nav>
    </div>
  );
};

/** The keys of a table with `data-rows`, for its foot. */
export const RowKeys = () => (
  <>
    <span>
      <kbd>j</kbd> <kbd>k</kbd> move
    </span>
    <span>
      <kbd>Enter</kbd> open
    </span>
  </>
);
