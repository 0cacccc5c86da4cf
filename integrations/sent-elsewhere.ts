/** A create was sent to another place than the settings name by now, and is not seen there: no proof that it was not made. */
import { DeliveryError } from "../core/errors.ts";

/** The error of such a look-up. `sentTo`, `now`: the places in words, such as `table incident` or an address. */
export function sentElsewhere(sentTo: string, now: string): DeliveryError {
  return new DeliveryError(
    "elsewhere",
    `it was sent to ${sentTo}, the settings now name ${now}, and there it is not seen: with the former settings it is looked up`,
    { retryable: true, data: { permanent: false, words: "" } },
  );
}
