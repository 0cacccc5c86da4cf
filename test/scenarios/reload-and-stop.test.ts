/** A reload that is under way when the appliance stops must not leave a destination behind. */
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

test(
  "a stop lets a reload end first, refuses a later one, and leaves no connection",
  cleaningUp(async (defer) => {
    const receivers = [await SyslogReceiver.started(), await SyslogReceiver.started()];
    for (const receiver of receivers) defer(() => receiver.stop());
    const destinations = receivers.map(({ port }, at) => ({
      name: `d${at}`,
      protocol: "tcp",
      host: "127.0.0.1",
      port,
    }));
    const appliance = await TestAppliance.start({ config: { syslog: destinations.slice(0, 1) } });
    defer(() => rm(appliance.dataDir, { recursive: true, force: true }));
    await appliance.ingest([detection()]);
    await until(() => receivers[0]?.messages.length === 1);

    const reloading = appliance.reload({ syslog: destinations });
    const refused = (reload: Promise<unknown>) =>
      reload.then(
        () => "done",
        (error: Error) => error.message,
      );
    const later = refused(appliance.reload({ syslog: [] }));
    // By now the first one is under way.
    await new Promise((resolve) => setImmediate(resolve));
    await appliance.stop();
    await reloading;
    expect(await later).toBe("the appliance is stopping");
    expect(await refused(appliance.reload({ syslog: destinations }))).toBe("the appliance is stopping");
    expect(receivers.map(({ connections }) => connections)).toEqual([0, 0]);
    // Whatever came after the last clean-up step would say that the store is closed.
    expect(appliance.logLines.filter((line) => line.includes("stor"))).toEqual([]);
  }),
);
