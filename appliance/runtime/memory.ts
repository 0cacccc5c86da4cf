/** What the process needs of memory, and how it gives back what it does not need. */
import { giveBackHeap } from "#heap";
import { platform } from "#platform";

/**
 * Gives memory of this thread's heap and of the program file back to the system. Takes some hundredths of a second, so it is for a time of rest.
 * `withCode`: also what was compiled so far goes.
 */
export function giveBackMemory(withCode: boolean): void {
  giveBackHeap(withCode);
  platform.giveBackProgram();
}
