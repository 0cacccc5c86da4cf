/** A command of the program in this process, with what it prints. */
import { runProgram } from "../../appliance/cli/program.ts";

export interface Told {
  code: number;
  out: string;
  err: string;
  /** What went to stdout as bytes. */
  bytes: Buffer;
}

/** Runs a command on a data folder. `env` besides RHYTHMX_DATA_DIR and RHYTHMX_CONFIG_DIR. */
export async function command(
  args: string[],
  {
    dataDir,
    configDir = "/nonexistent",
    env = {},
  }: { dataDir: string; configDir?: string; env?: Record<string, string> },
): Promise<Told> {
  const told: Told = { code: -1, out: "", err: "", bytes: Buffer.alloc(0) };
  const config = configDir === "/nonexistent" ? {} : { RHYTHMX_CONFIG_DIR: configDir };
  told.code = await runProgram({
    args,
    env: { RHYTHMX_DATA_DIR: dataDir, ...config, ...env },
    fromCheckout: true,
    terminal: {
      out: (text) => {
        told.out += text;
      },
      err: (text) => {
        told.err += text;
      },
      bytes: async (part) => {
        told.bytes = Buffer.concat([told.bytes, part]);
      },
      stdin: process.stdin,
      interactive: false,
      columns: null,
    },
  });
  return told;
}
