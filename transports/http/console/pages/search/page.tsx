/** @jsxImportSource hono/jsx */
/** `/search?q=`: what has an address of its own leads there; everything else to a few of each kind, with links to all of them. */
import { Elsewhere, type PageRequest, page } from "../../page.ts";
import { Icon } from "../../parts/icon.tsx";
import { Empty, Notice } from "../../parts/words.tsx";
import { readIncidents } from "../incident-rows.tsx";
import { type Found, findAll } from "./found.ts";
import { Results } from "./results.tsx";

/** What a text names, if it is an id. */
function addressOf(text: string): string | null {
  const id = text.toLowerCase();
  if (/^inc-[0-9a-f]{8}$/.test(id)) return `/incidents/INC-${id.slice(4)}`;
  if (/^case-[0-9a-f]{8}$/.test(id)) return `/cases/CASE-${id.slice(5)}`;
  if (/^cmp-[0-9a-f]{8}$/.test(id)) return `/campaigns/CMP-${id.slice(4)}`;
  return /^[0-9a-f]{16}$/.test(id) ? `/alerts/${id}` : null;
}

/** The incident that a ticket is of, by its number as people write it; null = there is not exactly one. */
async function ofTicket(request: PageRequest, text: string): Promise<string | null> {
  if (!/^[a-z][a-z0-9_]*-?[0-9]+$/i.test(text)) return null;
  const { rows, total } = await readIncidents(request, { filters: { ticket: text.toUpperCase() }, limit: 1 });
  const [row] = rows;
  return row === undefined || total !== 1 ? null : `/incidents/${row.incident_id}`;
}

interface Data {
  text: string;
  /** Null = nothing was asked. */
  found: Found | null;
}

export const searchPage = page<Data>({
  path: "/search",
  permission: "read",
  at: "",
  title: ({ text }) => (text === "" ? "Search" : `Search: ${text}`),
  load: async (request) => {
    const text = (request.url.searchParams.get("q") ?? "").replaceAll("\0", "").trim().slice(0, 200).toWellFormed();
    if (text === "") return { text, found: null };
    const address = addressOf(text) ?? (await ofTicket(request, text));
    if (address !== null) throw new Elsewhere(address);
    return { text, found: await findAll(request, text) };
  },
  view: ({ text, found }) => (
    <>
      <div class="page-head">
        <h1 class="grow">Search</h1>
      </div>
      <div class="stack">
        <form class="row" role="search" aria-label="Everything again" action="/search">
          <span class="search">
            <Icon n="search" />
            <input
              class="field"
              type="search"
              name="q"
              value={text}
              aria-label="Incident, host, user, rule, alert or ticket"
              placeholder="Incident, host, user, rule, alert or ticket"
              maxlength={200}
              autofocus={found === null}
              data-key="/"
            />
          </span>
          <button class="btn">Search</button>
        </form>
        {found === null ? (
          <section class="panel">
            <Empty title="What are you looking for?">
              <p>
                Words or their beginnings, or what has a number of its own: an incident, a case, a campaign, an alert's
                hash, a ticket.
              </p>
            </Empty>
          </section>
        ) : (
          <>
            {found.behind > 0 ? (
              <Notice kind="wait">The search does not know the newest {found.behind} rows yet.</Notice>
            ) : null}
            <Results text={text} found={found} />
          </>
        )}
      </div>
    </>
  ),
});
