import { type Fault, Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import type { Log } from "../runtime/log.ts";

/** Faults that the log tells of as they come and go. `onFaults`: all that there are, after each change. */
export function loggedFaults(tools: { clock: Clock; log: Log; onFaults?: (faults: Fault[]) => void }): Faults {
  const { clock, log, onFaults } = tools;
  const faults = new Faults(
    () => clock.now(),
    (fault, state) => {
      if (state === "appeared") log.error("fault", { fault: fault.name, detail: fault.message });
      else log.info("fault gone", { fault: fault.name });
      onFaults?.(faults.list());
    },
  );
  return faults;
}
