/** What `--json` prints: the members of each document, which stay as they are; others may be added. */

export interface JsonShape {
  /** A list of such objects, or one. */
  list: boolean;
  members: readonly string[];
}

const shape = (list: boolean, members: string): JsonShape => ({ list, members: members.split(" ") });

/** By command and action. */
export const jsonShapes: Readonly<Record<string, JsonShape>> = {
  check: shape(false, "ok findings"),
  import: shape(true, "file complete received accepted duplicates rejected repeated alerts_new alerts_updated"),
  "user list": shape(true, "name display_name role entities disabled second_factor created_at last_login_at"),
  "deliveries list": shape(true, "system state cause count oldest delivery_id detail"),
  "deliveries candidates": shape(false, "candidates doubt"),
  "exceptions list": shape(
    true,
    "id entity_name rule actor host process command_line hash until reason who created_at hits last_hit_at",
  ),
  "exceptions try": shape(false, "detections actors days since open_incidents incidents summary"),
  "exceptions add": shape(false, "id entity_name rule actor host process command_line hash until reason who"),
  "exceptions proposals": shape(true, "rule_title detections exception why"),
  "key list": shape(true, "id name prefix scopes entities created_at expires_at revoked_at last_used_at"),
  replay: shape(false, "destination from to messages waited sent"),
  "destinations list": shape(true, "destination configured connected position queued expired last_error"),
  reload: shape(false, "at by outcome changes refused"),
  "packs list": shape(true, "name title summary files"),
  "cluster status": shape(false, "id leader epoch nodes promote"),
  backup: shape(false, "path bytes sha256 manifest"),
  restore: shape(false, "plan kept config"),
  doctor: shape(
    false,
    "version commit runtime target data_dir store integrity destinations deliveries tickets assets lastBackup running",
  ),
  install: shape(false, "root dry_run steps service"),
  version: shape(false, "version commit runtime target"),
};
