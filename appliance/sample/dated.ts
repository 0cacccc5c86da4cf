/** The sample detections as a batch of the present. */

/** Spread evenly over the `spanMs` before `now` (epoch milliseconds); their logs stay as they were. `sample`: a line for each. */
export function datedSample(sample: string, now: number, spanMs: number): string {
  const lines = sample.split("\n").filter((line) => line !== "");
  return lines
    .map((line, index) => {
      const at = now - spanMs + Math.floor(((index + 1) * spanMs) / lines.length);
      // In every line the first `timestamp` is the detection's; the log comes last and is not changed.
      return line.replace(/"timestamp":"[^"]*"/, `"timestamp":"${new Date(at).toISOString()}"`);
    })
    .join("\n");
}
