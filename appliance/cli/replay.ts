import { UsageError } from "../../core/errors.ts";
import { acceptedTimes, parseTime } from "../../core/time.ts";
import { type Command, onePositional, parseOptions } from "./command.ts";
import { withOperations } from "./operations.ts";

export const replayCommand: Command = {
  name: "replay",
  summary: "send a destination everything again from a point in time",
  help: `Usage: rhythmx replay DESTINATION --from TIME

Sets the destination's position back to TIME (when the appliance recorded the events): everything from there on is sent again,
byte for byte as the first time. What still waits for the destination from before TIME is sent as well.
  --from  ${acceptedTimes}`,

  async run({ args, terminal, loadSettings }) {
    const { values, positionals } = parseOptions(args, { from: { type: "string" } });
    const destination = onePositional(positionals, "DESTINATION");
    if (values.from === undefined) throw new UsageError("--from TIME is missing");
    const from = parseTime(values.from);
    if (from === null)
      throw new UsageError(`--from ${JSON.stringify(values.from.slice(0, 60))}: accepted: ${acceptedTimes}`);
    const resolved = await loadSettings();
    const when = new Date(from).toISOString();
    return withOperations(resolved, async (operations, running) => {
      const { messages, waited } = await operations.replay(destination, from);
      const verb = running ? "are being sent" : "will be sent once the appliance runs";
      const others = waited > 0 ? `, and ${waited} from before that still waited,` : "";
      terminal.out(
        `${messages} ${messages === 1 ? "message" : "messages"} recorded since ${when}${others} ${verb} to ${destination}\n`,
      );
      return 0;
    });
  },
};
