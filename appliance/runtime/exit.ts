import { platform } from "#platform";

/** Ends the process with this code, after what it has written; call it as the last thing. */
export function exitWith(code: number): void {
  platform.exit(code);
}
