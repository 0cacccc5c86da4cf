/** Tests that run at the same time cannot share `afterEach`. */
export type Defer = (step: () => unknown) => void;

/** Runs a test's body and then, in reverse order, what it has put off until the end, however the body ended. */
export function cleaningUp(body: (defer: Defer) => Promise<void>): () => Promise<void> {
  return async () => {
    const steps: (() => unknown)[] = [];
    try {
      await body((step) => steps.push(step));
    } finally {
      for (const step of steps.reverse()) await step();
    }
  };
}
