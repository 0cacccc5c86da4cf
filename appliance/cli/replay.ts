import { UsageError } from "../../core/errors.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Replayed } from "../feeds/destination-control.ts";
import { command, jsonOption } from "./command.ts";
import { destinationArgument, timeOption } from "./destination-arguments.ts";
import { withOperations } from "./operations.ts";
import { canAsk, confirm } from "./terminal/confirm.ts";
import { printJson } from "./terminal/table.ts";

export const replayCommand = command({
  name: "replay",
  summary: "send a destination everything again from a point in time",
  about: `Sends again what the appliance recorded from TIME on, byte for byte as the first time (PROCID apart). What still waits for the destination is sent as well. On a terminal it says how many messages that are and asks first. A destination that wants only some (min_risk, entities) gets at most that many.

TIME is ISO 8601 such as 2026-03-01T12:00:00Z (UTC where it has no zone), epoch seconds or milliseconds, or a day such as 2026-03-01 (its beginning, UTC).`,
  arguments: [destinationArgument],
  options: {
    from: { value: "TIME", required: true, about: "the beginning" },
    to: { value: "TIME", about: "the end, not included", fallback: "now" },
    "dry-run": { about: "says how many messages that would be, and sends nothing" },
    yes: { about: "does not ask" },
    ...jsonOption,
  },
  examples: [
    { what: "How much would be sent again", lines: ["rhythmx replay siem --from 2026-11-20 --dry-run"] },
    {
      what: "Send the receiver what it lost in an hour",
      lines: ["rhythmx replay siem --from 2026-11-20T09:00:00Z --to 2026-11-20T10:00:00Z"],
    },
    {
      what: "A name that a destination of each feed has",
      lines: ["rhythmx replay incidents/siem --from 2026-11-20 --yes"],
    },
  ],
  exitCodes: { 0: "it is being sent, or would be", 1: "nothing is sent" },
  seeAlso: ["rhythmx destinations", "docs/receivers.md"],

  async run({ values, args: [destination], terminal, loadSettings, serviceUnit }) {
    const from = timeOption("--from", values.from);
    const to = values.to === undefined ? null : timeOption("--to", values.to);
    if (to !== null && to <= from) throw new UsageError("--to: a time after that of --from");
    const resolved = await loadSettings();
    const request = { destination, from, to };
    const dryRun = values["dry-run"];
    const mode = dryRun ? "look" : "change";
    return withOperations({ terminal, serviceUnit, resolved, mode }, async (operations, running) => {
      const when = `since ${new Date(from).toISOString()}${to === null ? "" : ` and before ${new Date(to).toISOString()}`}`;
      const describe = ({ messages, waited }: Replayed, verb: string) => {
        const others = waited > 0 ? `, and ${waited} from before that still waited,` : "";
        return `${counted(messages)} recorded ${when}${others} ${verb} to ${destination}`;
      };
      const report = ({ reader, messages, waited }: Replayed, verb: string) => {
        const [since, before] = [toIso(from), isoOrNull(to)];
        if (values.json)
          printJson(terminal, { destination: reader, from: since, to: before, messages, waited, sent: !dryRun });
        else terminal.out(`${describe({ reader, messages, waited }, verb)}\n`);
      };
      const planned = await operations.countReplay(request);
      if (dryRun) {
        report(planned, "would be sent");
        return 0;
      }
      if (!values.yes && planned.messages > 0 && canAsk(terminal)) {
        if (!(await confirm(terminal, `${describe(planned, "would be sent")}: send?`))) {
          terminal.err("nothing is sent\n");
          return 1;
        }
      }
      const verb = running ? "are being sent" : "will be sent once the appliance runs";
      report(await operations.replay(request), verb);
      return 0;
    });
  },
});

function counted(messages: number): string {
  return `${messages} ${messages === 1 ? "message" : "messages"}`;
}
