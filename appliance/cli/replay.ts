import { UsageError } from "../../core/errors.ts";
import { acceptedTimes, parseTime } from "../../core/time.ts";
import type { Replayed } from "../feeds/destination-control.ts";
import { type Command, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";
import { canAsk, confirm } from "./terminal/confirm.ts";

export const replayCommand: Command = {
  name: "replay",
  summary: "send a destination everything again from a point in time",
  help: `Usage: rhythmx replay DESTINATION --from TIME [--to TIME] [--dry-run] [--yes]

Sends again what the appliance recorded from TIME on, byte for byte as the first
time. What still waits for the destination is sent as well. On a terminal it
says how many messages that are and asks first. A destination that wants only
some (min_risk, entities) gets at most that many.
  --from     beginning: ${acceptedTimes.replace(", or", ",\n             or").replace(", from", ",\n             from")},
             or a day such as 2026-03-01 (its beginning, UTC)
  --to       end, not included; default: now
  --dry-run  says how many messages that would be, and sends nothing
  --yes      does not ask`,

  async run({ args, terminal, loadSettings, serviceUnit }) {
    const { values, positionals } = parseOptions(args, {
      from: { type: "string" },
      to: { type: "string" },
      "dry-run": { type: "boolean" },
      yes: { type: "boolean" },
    });
    const destination = onePositional(positionals, "DESTINATION");
    if (values.from === undefined) throw new UsageError("--from TIME is missing");
    const from = timeOption("--from", values.from);
    const to = values.to === undefined ? null : timeOption("--to", values.to);
    if (to !== null && to <= from) throw new UsageError("--to: a time after that of --from");
    const resolved = await loadSettings();
    const request = { destination, from, to };
    const dryRun = values["dry-run"] === true;
    const mode = dryRun ? "look" : "change";
    return withOperations({ terminal, serviceUnit, resolved, mode }, async (operations, running) => {
      const when = `since ${new Date(from).toISOString()}${to === null ? "" : ` and before ${new Date(to).toISOString()}`}`;
      const describe = ({ messages, waited }: Replayed, verb: string) => {
        const others = waited > 0 ? `, and ${waited} from before that still waited,` : "";
        return `${counted(messages)} recorded ${when}${others} ${verb} to ${destination}`;
      };
      const planned = await operations.countReplay(request);
      if (dryRun) {
        terminal.out(`${describe(planned, "would be sent")}\n`);
        return 0;
      }
      if (values.yes !== true && planned.messages > 0 && canAsk(terminal)) {
        if (!(await confirm(terminal, `${describe(planned, "would be sent")}: send?`))) {
          terminal.err("nothing is sent\n");
          return 1;
        }
      }
      const verb = running ? "are being sent" : "will be sent once the appliance runs";
      terminal.out(`${describe(await operations.replay(request), verb)}\n`);
      return 0;
    });
  },
};

/** Epoch milliseconds. @throws UsageError */
export function timeOption(option: string, text: string): number {
  // A day is what people type.
  const time = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text);
  if (time === null)
    throw new UsageError(
      `${option} ${JSON.stringify(text.slice(0, 60))}: accepted: ${acceptedTimes}, or a day such as 2026-03-01`,
    );
  return time;
}

function counted(messages: number): string {
  return `${messages} ${messages === 1 ? "message" : "messages"}`;
}
