/** `npm run cli-page`: writes docs/cli.md anew from the table of commands. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../appliance/cli/commands.ts";
import { cliPage } from "../../appliance/cli/help/cli-page.ts";

writeFileSync(join(import.meta.dirname, "../../docs/cli.md"), cliPage(commands));
