/** `[meta sequenceId="…"]` (RFC 5424 7.3.1): receivers can tell that a message is missing. */
import type { SdElement } from "./rfc5424.ts";

/** RFC 5424 7.3.1: sequenceId counts to here and then begins again with 1. */
const largestSequenceId = 2_147_483_647;

export function metaElement(seq: number): SdElement {
  return { id: "meta", params: [["sequenceId", String(((seq - 1) % largestSequenceId) + 1)]] };
}
