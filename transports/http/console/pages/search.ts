/** Search and jump: what has an address of its own leads there, everything else into the list of incidents. */
import { Elsewhere, page } from "../page.ts";

/** What a text names, if it is an id. */
function addressOf(text: string): string | null {
  const id = text.toLowerCase();
  if (/^inc-[0-9a-f]{8}$/.test(id)) return `/incidents/INC-${id.slice(4)}`;
  if (/^case-[0-9a-f]{8}$/.test(id)) return `/cases/CASE-${id.slice(5)}`;
  return /^[0-9a-f]{16}$/.test(id) ? `/alerts/${id}` : null;
}

export const searchPage = page<never>({
  path: "/search",
  permission: "read",
  at: "/incidents",
  title: () => "Search",
  load: async ({ url }) => {
    const text = (url.searchParams.get("q") ?? "").trim().slice(0, 200);
    throw new Elsewhere(addressOf(text) ?? `/incidents?q=${encodeURIComponent(text)}`);
  },
  view: () => null,
});
