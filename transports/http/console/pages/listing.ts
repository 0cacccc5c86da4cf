/** What the addresses of lists say, and their rows: shared by the pages of alerts and of cases. */
import type { Collection, RowFilters } from "../../../../core/pages/page.ts";
import type { PageRequest } from "../page.ts";

export const pageSize = 25;
/** Further pages are not gone through one by one; filters lead there. */
const mostPages = 4_000;

/** The page that the address asks for, from 1 on. */
export function pageNumber(url: URL): number {
  const number = Number(url.searchParams.get("page") ?? 1);
  return Number.isInteger(number) && number >= 1 ? Math.min(number, mostPages) : 1;
}

/** A parameter of the address without blanks around it, shortened. */
export function parameter(url: URL, name: string): string {
  return (url.searchParams.get(name) ?? "").trim().slice(0, 200).toWellFormed();
}

/** The words of a list that the address names; none of them = all. */
export function chosen<Word extends string>(url: URL, name: string, words: readonly Word[]): Word[] {
  const given = url.searchParams.getAll(name).flatMap((value) => value.split(","));
  return words.filter((word) => given.includes(word));
}

/** A page of rows, newest first. */
export async function readRows<Row>(
  { caller, ports, url }: PageRequest,
  collection: Collection,
  filters: RowFilters,
  limit = pageSize,
): Promise<{ rows: Row[]; total: number }> {
  const given = Object.entries(filters).filter(
    ([, value]) => value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0),
  );
  const answer = await ports.api.pages.page(caller, {
    collection,
    filters: Object.fromEntries(given),
    since: null,
    updatedSince: null,
    cursor: null,
    sortBy: "created_at",
    sortDir: "desc",
    limit,
    offset: limit === pageSize ? (pageNumber(url) - 1) * pageSize : 0,
    literal: true,
  });
  return { rows: JSON.parse(answer.rows) as Row[], total: answer.total };
}
