/** The path of a runtime's program, which is installed if it is not there. */
export function runtimeProgram(runtime: "deno" | "node"): string;
