/** Decisions on many deliveries that stand still, in steps: between two of them the database does what else there is to do. */
import type { Store } from "../../store/open-store.ts";
import type { DeadLetterFilter, StandingPlace, StepTaken } from "../../store/outbox/standing.ts";

/** Takes steps until the last one, and resolves with how many deliveries were decided. `onStep`: after each, with the number so far. */
export async function inSteps(
  step: (place: StandingPlace | null) => Promise<StepTaken>,
  onStep: (count: number, isLast: boolean) => Promise<void> | void = () => {},
): Promise<number> {
  let count = 0;
  let place: StandingPlace | null = null;
  do {
    const taken: StepTaken = await step(place);
    count += taken.count;
    place = taken.next;
    await onStep(count, place === null);
  } while (place !== null);
  return count;
}

/** Plans all that are meant again. Each is planned at most once, however soon it is refused again. */
export function retryStanding(tickets: Store["tickets"], which: DeadLetterFilter, now: number): Promise<number> {
  return inSteps((place) => tickets.retryDeliveries(which, now, place));
}
