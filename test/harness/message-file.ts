/** The file to which a real receiver writes one line for each message. */
import { readFileSync } from "node:fs";

/** Whole lines of it; none while it is not there. */
export function messagesIn(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/** Its lines as soon as `condition` holds; rejects after `milliseconds`. */
export async function messagesOnce(
  file: string,
  condition: (messages: string[]) => boolean,
  milliseconds: number,
): Promise<string[]> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const messages = messagesIn(file);
    if (condition(messages)) return messages;
    if (performance.now() > deadline) throw new Error(`still ${messages.length} messages after ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
