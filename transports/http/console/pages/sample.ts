/** Sample data is shown, or goes. */
import type { Action } from "../page.ts";

export const sampleActions: readonly Action[] = [
  {
    path: "/console/sample/start",
    permission: "administer",
    run: async ({ caller, ports }) => {
      await ports.sample.start(caller);
      return { to: "/", said: "Sample data is shown." };
    },
  },
  {
    path: "/console/sample/remove",
    permission: "administer",
    run: async ({ caller, ports }) => {
      await ports.sample.remove(caller);
      return { to: "/", said: "The sample data is gone." };
    },
  },
];
