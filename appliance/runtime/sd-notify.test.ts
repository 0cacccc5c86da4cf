import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NotifySocket } from "../../test/harness/notify-socket.ts";
import { serviceManager } from "./sd-notify.ts";

const folder = mkdtempSync(join(tmpdir(), "sd-notify-"));
const sockets: NotifySocket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const address of [join(folder, "notify"), `@rhythmx-test-${process.pid}`]) {
  test(`sends each state to ${address[0]}…`, () => {
    const systemd = new NotifySocket(address);
    sockets.push(systemd);
    const manager = serviceManager({ NOTIFY_SOCKET: address });
    manager.ready("line 1\nWATCHDOG=trigger");
    manager.watchdog();
    manager.reloading();
    manager.stopping();
    const [ready, watchdog, reloading, stopping, ...rest] = systemd.received();
    expect(ready).toBe("READY=1\nSTATUS=line 1 WATCHDOG=trigger");
    expect(watchdog).toBe("WATCHDOG=1");
    expect(reloading).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    expect(stopping).toBe("STOPPING=1\nSTATUS=Draining");
    expect(rest).toEqual([]);
  });
}

test("without systemd, or with its socket gone, nothing happens", () => {
  serviceManager({}).ready("up");
  serviceManager({ NOTIFY_SOCKET: "/nonexistent/notify" }).ready("up");
});
