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
  class?: string;
  children: Child;
}

/** The head of a column by which the rows can be sorted. The first click sorts highest or newest first. */
export const SortHead = ({ url, by, current, direction, children, ...rest }: SortProps) => {
  const isHere = by === current;
  const next = isHere && direction === "desc" ? "asc" : "desc";
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
  children?: Child;
}) => {
  const { url, page, size, shown, total, children } = props;
  const first = (page - 1) * size + 1;
  const target = (to: number) => withParameters(url, { page: to === 1 ? null : String(to) });
  return (
    <div class="foot-bar">
      <span class="keys">{children}</span>
      <nav class="row" aria-label="Pages">
        <span>{shown === 0 ? `none of ${total}` : `${first} to ${first + shown - 1} of ${total}`}</span>
        {page > 1 ? (
          <a class="btn mini" href={target(page - 1)} rel="prev">
            Earlier
          </a>
        ) : null}
        {page * size < total ? (
          <a class="btn mini" href={target(page + 1)} rel="next">
            Next
          </a>
        ) : null}
      </nav>
    </div>
  );
};
