import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { freePort } from "../harness/free-port.ts";

test("a health port that another program has stops nothing else, is named, and is taken when it is free", async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ALERT_HEALTH: `127.0.0.1:${port}` }, watchful: true });
  try {
    expect((await appliance.ingest([detection()])).status).toBe(200);
    const ready = await fetch(`${appliance.appliance.apiUrl}/readyz`);
    const { faults } = (await ready.json()) as { faults: { name: string; message: string }[] };
    expect(ready.status).toBe(200);
    expect(faults).toEqual([
      {
        name: "health_port",
        message: `no health port of the alerts feed: cannot listen on 127.0.0.1:${port}: another program has it; stop that one or choose another port`,
      },
    ]);
    await new Promise((resolve) => other.close(resolve));
    await appliance.clock.advance(11_000);
    await until(async () => (await appliance.health()).status === 200);
    expect((await appliance.health()).body).toMatchObject({ status: "running", faults: [] });
  } finally {
    await appliance.dispose();
    other.close();
  }
});
