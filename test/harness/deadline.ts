/**
 * Loaded before every test file (bunfig.toml). A deadline is there for what hangs; a machine that is busy with other things must
 * not meet it.
 */
import { setDefaultTimeout } from "bun:test";

setDefaultTimeout(300_000);
