/** A change that somebody else has made since a page was shown is not overwritten unseen. */
import { EdgeError } from "../../../../core/errors.ts";

/** What a field has now, what the page of the person showed, and what they want, in words. */
interface Seen {
  now: string;
  seen: string;
  wanted: string;
}

/** @throws EdgeError incident_changed, case_changed where it is neither what the person has seen nor what they want */
export function expectSeen(of: "incident" | "case", what: "status" | "owner", { now, seen, wanted }: Seen): void {
  if (now === seen || now === wanted) return;
  throw new EdgeError(
    `${of}_changed`,
    `nothing was changed: meanwhile somebody has set the ${what} to ${now}. Look again, then decide`,
  );
}
