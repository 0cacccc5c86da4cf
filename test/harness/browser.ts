/**
 * Debian's Chromium without windows, driven against a real appliance. What no page of the console may do is watched on every page: errors in the browser's
 * console (breaches of the content security policy among them), requests to other origins, failed requests.
 */
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Chromium's engine without a desktop's windows, which takes half the time of chromium itself. */
export const executable = "/usr/bin/chromium-headless-shell";
/** Its own source, for the page. */
const axe = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
/** For whatever a page is waited for to show or to do: it only ends what hangs. */
const deadline = 180_000;

export const widths = [1280, 390] as const;
export const themes = ["light", "dark"] as const;

/** Rules of axe whose outcome can be another one in another theme or width, where other controls are shown. */
const rulesOfLook = [
  ...["color-contrast", "link-in-text-block", "scrollable-region-focusable", "aria-hidden-focus"],
  ...["button-name", "link-name", "label", "select-name", "nested-interactive", "target-size"],
];

/** Rules of axe whose outcome depends on colours. */
const rulesOfColour = ["color-contrast", "link-in-text-block"];

/** In axe's world, which keeps by theme what has been seen: the elements that show for the first time, without those within them. */
const firstSeen = (theme: string) => `(() => {
  globalThis.seenIn ??= {};
  const seen = (seenIn.${theme} ??= new Set());
  const found = new Set([...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility() && !seen.has(one)));
  for (const one of found) seen.add(one);
  return [...found].filter((one) => !found.has(one.parentElement));
})()`;
/** What axe judges, as an expression: the document, or of it what its theme shows for the first time. */
const all = (theme: string) => `(${firstSeen(theme)}, document)`;
const others = (theme: string) => `((include) => include.length > 0 ? { include } : null)(${firstSeen(theme)})`;

export interface WindowOptions {
  width?: number;
  theme?: "light" | "dark";
  /** False = JavaScript is off. */
  script?: boolean;
  zone?: string;
}

export class TestBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<TestBrowser> {
    const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"];
    return new TestBrowser(await chromium.launch({ executablePath: executable, args }));
  }

  /** A browser profile of its own, as of one person, with a first tab. */
  async open(origin: string, options: WindowOptions = {}): Promise<TestWindow> {
    const { width = 1280, theme = "light", script = true, zone = "UTC" } = options;
    const context = await this.#browser.newContext({
      baseURL: origin,
      viewport: { width, height: width > 600 ? 900 : 844 },
      colorScheme: theme,
      reducedMotion: "reduce",
      javaScriptEnabled: script,
      timezoneId: zone,
      // Certificates of appliances in tests are self-signed.
      ignoreHTTPSErrors: true,
    });
    context.setDefaultTimeout(deadline);
    return new TestWindow(context, origin, width, await context.newPage());
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}

export class TestWindow {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What went wrong since it was last looked at. */
  readonly problems: string[] = [];
  readonly #origin: string;
  #width: number;

  constructor(context: BrowserContext, origin: string, width: number, page: Page) {
    this.context = context;
    this.page = page;
    this.#origin = origin;
    this.#width = width;
    this.watch(page);
  }

  /** Another tab of the same person. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    this.watch(page);
    return page;
  }

  watch(page: Page): void {
    page.on("console", (message) => {
      // An answer that refuses (401, 409 …) is told there too; that is the scripts' to deal with.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(`script: ${error.message}`));
    page.on("request", (request) => {
      if (!request.url().startsWith(this.#origin) && !/^(?:data|about|blob):/.test(request.url()))
        this.problems.push(`off origin: ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500) this.problems.push(`${response.status()} ${response.url()}`);
    });
  }

  /** The same page in another theme and width, as when the system's theme changes. */
  async look(theme: (typeof themes)[number], width: number): Promise<void> {
    this.#width = width;
    await Promise.all([
      this.page.emulateMedia({ colorScheme: theme }),
      this.page.setViewportSize({ width, height: width > 600 ? 900 : 844 }),
    ]);
  }

  /** What is wrong beside what axe finds. */
  async plainFaults(): Promise<string[]> {
    await this.page.evaluate("document.fonts.ready.then(() => null)");
    const wide = await this.page.evaluate<number>("document.documentElement.scrollWidth");
    return [...this.problems.splice(0), ...(wide > this.#width ? [`scrolls sideways: ${wide} of ${this.#width}`] : [])];
  }

  /** Goes there, also while the answer to a form that was just sent is on its way: where that comes later, the browser gives up what it was told to load. */
  async go(path: string): Promise<void> {
    for (let turn = 1; ; turn++)
      try {
        await this.page.goto(path);
        return;
      } catch (error) {
        const isLate =
          error instanceof Error && /net::ERR_ABORTED|interrupted by another navigation/.test(error.message);
        if (turn === 5 || !isLate) throw error;
      }
  }

  /** Does what leads to another page, and waits until that is loaded: before, its script would not see what is done on it. */
  async leads(act: () => Promise<unknown>): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    // Where `act` fails, that is what is told.
    loaded.catch(() => {});
    await act();
    await loaded;
  }

  async signIn(name: string, password: string, to = "/"): Promise<void> {
    await this.page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
    await this.page.getByLabel("Name").fill(name);
    await this.page.getByLabel("Password").fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.waitForURL((url) => url.pathname !== "/sign-in");
  }

  /** What is wrong with the page as it is shown: empty when it is sound. `look`: only what can differ from another look at the same page. */
  async faults(rules: "all" | "look" = "all"): Promise<string[]> {
    return [...(await this.plainFaults()), ...(await this.#accessibility(rules === "look" ? rulesOfLook : null))];
  }

  /** Light and wide, dark and narrow, beginning with what is shown: each theme and width once, as what axe sees does not depend on both at the same time. */
  async inBothLooks(faults: (rules: "all" | "look") => Promise<string[]>): Promise<string[]> {
    const wide = async () => {
      await this.look("light", 1280);
      return faults("all");
    };
    const narrow = async () => {
      await this.look("dark", 390);
      return (await faults("look")).map((fault) => `dark, narrow: ${fault}`);
    };
    const looks = this.#width > 600 ? [wide, narrow] : [narrow, wide];
    const found: string[] = [];
    for (const look of looks) found.push(...(await look()));
    return found;
  }

  faultsInBothLooks(): Promise<string[]> {
    return this.inBothLooks((rules) => this.faults(rules));
  }

  /**
   * What is wrong with the page in both themes and widths, loaded once. Everything is judged light and wide; dark and narrow, what another look can
   * change; in the two others, the colours of what their theme has not shown before.
   */
  async faultsInEveryLook(): Promise<string[]> {
    const faults: string[] = [];
    for (const [theme, width, rules, context] of [
      ["light", 1280, null, all("light")],
      ["dark", 390, rulesOfLook, all("dark")],
      ["light", 390, rulesOfColour, others("light")],
      ["dark", 1280, rulesOfColour, others("dark")],
    ] as const) {
      await this.look(theme, width);
      const found = [...(await this.plainFaults()), ...(await this.#accessibility(rules, context))];
      faults.push(...found.map((fault) => `${theme}, ${width}: ${fault}`));
    }
    return faults;
  }

  /** Violations that axe finds, by these rules or all, in what the expression gives; none where that is null. It runs in a world of its own, so that the page's policy stays in force. */
  async #accessibility(runOnly: readonly string[] | null, context = "document"): Promise<string[]> {
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const world = { frameId: frameTree.frame.id, worldName: "axe" };
    const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", world);
    // A document keeps the world with this name, and what is in it.
    const known = await session.send("Runtime.evaluate", { contextId, expression: "typeof axe" });
    if (known.result.value !== "object") await session.send("Runtime.evaluate", { contextId, expression: axe });
    // What is preloaded serves rules about sound and about orientation alone.
    const options = JSON.stringify({ resultTypes: ["violations"], preload: false, ...(runOnly ? { runOnly } : {}) });
    const expression = `((context) => context && axe.run(context, ${options}).then((found) => found.violations.map((one) =>
      one.impact + " " + one.id + ": " + one.nodes.map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join("; ").slice(0, 400))))(${context}) ?? []`;
    const { result } = await session.send("Runtime.evaluate", {
      contextId,
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    return (result.value as string[] | undefined) ?? ["axe did not answer"];
  }

  /** The whole page as a picture. */
  async picture(path: string): Promise<void> {
    const height = await this.page.evaluate<number>("document.documentElement.scrollHeight");
    const least = this.#width > 600 ? 900 : 844;
    await this.page.setViewportSize({ width: this.#width, height: Math.max(height, least) });
    await this.page.screenshot({ path });
    await this.page.setViewportSize({ width: this.#width, height: least });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
