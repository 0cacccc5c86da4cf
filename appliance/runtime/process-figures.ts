/** Figures of the process itself: processor time, memory, files, and how late the event loop is. */

/** How often the event loop is looked at. Milliseconds. */
const everyMs = 500;

/** Seconds of processor time since the start, of user and system together. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}

export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** When the process started, in seconds since 1970. */
export function startedAtSeconds(): number {
  return performance.timeOrigin / 1000;
}

/** Calls `took` about twice a second with how much later than wanted a timer came, in milliseconds. Returns how to end it. */
export function watchEventLoop(took: (milliseconds: number) => void): () => void {
  let wanted = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    took(Math.max(0, now - wanted));
    wanted = now + everyMs;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
