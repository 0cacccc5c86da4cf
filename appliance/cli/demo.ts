import type { Command } from "./command.ts";
export const demoCommand: Command = { name: "demo", summary: "x", help: "", run: async () => 0 };
