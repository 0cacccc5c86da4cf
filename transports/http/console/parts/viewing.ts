/** For whom a page is being written, and when: what parts need besides their properties. */
import { createContext, useContext } from "hono/jsx";

export interface Viewing {
  /** Epoch milliseconds. */
  now: number;
  /** IANA name of the zone in which times are shown. */
  zone: string;
  /** Display names by login, in lower case, of those who have one. */
  people: ReadonlyMap<string, string>;
  /** What each form carries, so that no other site can send it. */
  formToken: string;
  /** Login of the viewer; "" before the sign-in. */
  user: string;
}

export const ViewingContext = createContext<Viewing>({
  now: 0,
  zone: "UTC",
  people: new Map(),
  formToken: "",
  user: "",
});

export function useViewing(): Viewing {
  return useContext(ViewingContext);
}
