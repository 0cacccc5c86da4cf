/**
 * Notifies systemd of the service's state (sd_notify(3)): a datagram to the unix socket in `$NOTIFY_SOCKET`. Where the runtime cannot
 * send one (Node; Bun under MemoryDenyWriteExecute, which has no JIT and so no FFI), the program systemd-notify is run.
 */
import { spawnSync } from "node:child_process";
import { platform } from "#platform";
import { messageOf } from "../../core/errors.ts";

export interface ServiceManager {
  /** The service is ready, at the start or after `reloading`; `status` is one line for `systemctl status`. */
  ready(status: string): void;
  /** Sets the line of `systemctl status`, also during a start. */
  status(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Call more often than every `WatchdogSec`, and only while the loops run. */
  watchdog(): void;
}

/**
 * Without `NOTIFY_SOCKET` (not started by systemd) the calls do nothing. A failed notification is no error; `onMissing` is told once if the
 * program that is needed for it is not there, because systemd then ends the service.
 */
export function serviceManager(
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (why: string) => void = () => {},
): ServiceManager {
  const address = environment.NOTIFY_SOCKET;
  const notify = address ? notifierTo(address, onMissing) : () => {};
  return {
    ready: (status) => notify(`READY=1\nSTATUS=${oneLine(status)}`),
    status: (status) => notify(`STATUS=${oneLine(status)}`),
    reloading: () => notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => notify("STOPPING=1\nSTATUS=Draining"),
    watchdog: () => notify("WATCHDOG=1"),
  };
}

/** A line break in a status would start another assignment. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ");
}

function notifierTo(address: string, onMissing: (why: string) => void): (state: string) => void {
  try {
    return platform.datagramsTo(address);
  } catch (why) {
    let isMissing = false;
    return (state) => {
      const env = { PATH: process.env.PATH, NOTIFY_SOCKET: address };
      const { error } = spawnSync("systemd-notify", [`--pid=${process.pid}`, ...state.split("\n")], {
        env,
        stdio: "ignore",
        timeout: 2000,
      });
      if (isMissing || (error as NodeJS.ErrnoException | undefined)?.code !== "ENOENT") return;
      isMissing = true;
      onMissing(
        `${messageOf(why)}, and there is no program systemd-notify: install it, or use Type=exec without WatchdogSec`,
      );
    };
  }
}
