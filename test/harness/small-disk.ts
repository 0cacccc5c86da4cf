/** A small disk of its own (tmpfs) for a data folder, to be filled and made read-only. Needs root. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether disks can be mounted. In CI a refusal is a failure; elsewhere it is said once, visibly. */
export function disksMountable(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status === 0) spawnSync("umount", [folder]);
  rmSync(folder, { recursive: true });
  if (mounted.status === 0) return true;
  const message = "full and read-only disks need the right to mount (root)";
  if (process.env.CI) throw new Error(`${message}: ${mounted.stderr}`);
  console.log(`skipped: ${message}`);
  return false;
}

export class SmallDisk {
  private constructor(
    /** For `ApplianceProcess`: its folder `data` is the disk. */
    readonly folder: string,
  ) {}

  static mounted(mebibytes: number): SmallDisk {
    const disk = new SmallDisk(mkdtempSync(join(tmpdir(), "rhythmx-disk-")));
    mkdirSync(disk.data, { mode: 0o700 });
    mount(["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=700`, "tmpfs", disk.data]);
    return disk;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  /** Fills it until `leftBytes` are free. */
  fill(leftBytes = 0): void {
    const { bavail, bsize } = statfsSync(this.data);
    try {
      writeFileSync(join(this.data, "ballast"), Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
    } catch (error) {
      // The appliance has written meanwhile: the disk is full already.
      if (leftBytes > 0 || (error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }

  empty(): void {
    rmSync(join(this.data, "ballast"), { force: true });
  }

  /** Whoever opens a file from now on can only read it; files that are open stay writable (the kernel allows it no other way). */
  readOnly(): void {
    mount(["--bind", this.data, this.data]);
    mount(["-o", "remount,bind,ro", this.data]);
  }

  writable(): void {
    spawnSync("umount", ["-l", this.data]);
  }

  /** After the program has ended. */
  remove(): void {
    // Once for the disk, and once more should it still be read-only.
    for (let mounts = 0; mounts < 2; mounts++) spawnSync("umount", ["-l", this.data]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function mount(args: string[]): void {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`mount ${args.join(" ")}: ${stderr}`);
}
