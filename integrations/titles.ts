/** A ticket's title follows its level unless a person has changed it. */
import { DeliveryError } from "../core/errors.ts";
import type { TitleChange, UpdateResult } from "../core/tickets/ticket-system.ts";

export interface TitleFinding {
  /** What to write; null = the title is left alone. */
  write: string | null;
  /** Whether the ticket has a title that is not ours. */
  isTheirs: boolean;
  /** Why it is left alone, where that is for somebody to mend. */
  warning: string | null;
}

const leftAlone: TitleFinding = { write: null, isTheirs: false, warning: null };

/**
 * Compares the present title with those that are ours. `read`: null where the account does not see it; then the title is left alone, unless
 * `writesUnseen`. @throws DeliveryError of `read` that is temporary
 */
export async function findTitle(
  change: TitleChange | null,
  read: () => Promise<string | null>,
  { writesUnseen } = { writesUnseen: false },
): Promise<TitleFinding> {
  if (change === null) return leftAlone;
  let present: string | null;
  try {
    present = await read();
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.retryable) throw error;
    present = null;
  }
  if (present === null)
    return writesUnseen
      ? { write: change.text, isTheirs: false, warning: null }
      : { ...leftAlone, warning: "the account may not read the title: it is left as it is" };
  if (!change.ours.some((one) => isSame(one, present)))
    return { write: null, isTheirs: true, warning: "somebody has changed the title: it is left as it is" };
  return { write: change.text, isTheirs: false, warning: null };
}

/** The result of an update with what became of the title. `result.title`: as it was kept, where that is seen. */
export function titleResult({ write, isTheirs, warning }: TitleFinding, result: UpdateResult): UpdateResult {
  const { title, ...others } = result;
  if (isTheirs) return { ...others, ...joined(others.warning, warning), title: null };
  if (write === null) return { ...others, ...joined(others.warning, warning) };
  const kept = title ?? write;
  const refused = isSame(kept, write) || write.startsWith(kept) ? null : "the title was not kept as it was written";
  return { ...others, ...joined(others.warning, refused), title: kept };
}

function joined(first: string | undefined, second: string | null): { warning?: string } {
  const warning = [first ?? "", second ?? ""].filter((one) => one !== "").join("; ");
  return warning === "" ? {} : { warning };
}

/** Systems trim titles and join runs of blanks. */
function isSame(one: string, other: string): boolean {
  const plain = (text: string) => text.replace(/\s+/g, " ").trim();
  return plain(one) === plain(other);
}
