/** Whether backups can be made, and how old the newest is. */
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Settings } from "../../core/settings.ts";
import { ageInWords } from "../../core/text/age.ts";
import { backupFolder, listBackups } from "../backups/backup-folder.ts";
import type { Finding } from "./finding.ts";

/** `now`: epoch milliseconds. */
export function checkBackups(settings: Settings, now: number): Finding[] {
  const folder = backupFolder(settings);
  const { schedule, keep } = settings.backup;
  if (schedule === null)
    return [
      {
        level: "warning",
        line: "no backups are made by themselves: set RHYTHMX_BACKUP_SCHEDULE, or run `rhythmx backup`",
      },
    ];
  // It is made by the first backup.
  const place = existsSync(folder) ? folder : dirname(folder);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    const line = `backups: ${folder} cannot be written by this user: check RHYTHMX_BACKUP_DIR, its owner and mode`;
    return [{ level: "problem", line }];
  }
  const [newest] = listBackups(folder);
  const age = newest === undefined ? "none yet" : `the newest is ${ageInWords(now - newest.at)} old (${newest.name})`;
  return [{ level: "ok", line: `backups: ${folder}, at ${schedule}, ${keep} are kept, ${age}` }];
}
