/** @jsxImportSource hono/jsx */
/** The shell of every page: navigation, search, theme, zone and person; and the bare one of the sign-in. */
import type { Child } from "hono/jsx";
import { may, type Permission } from "../../../core/access/caller.ts";
import { assetPaths } from "./assets.ts";
import type { Preferences, Theme } from "./cookies.ts";
import { Dialog } from "./parts/dialog.tsx";
import { SampleBanner } from "./parts/first-run/sample.tsx";
import { Form } from "./parts/form.tsx";
import { Icon, type IconName, Logo } from "./parts/icon.tsx";
import { Person, Who } from "./parts/person.tsx";
import type { ConsoleCaller, ShellCounts } from "./ports.ts";

interface Entry {
  path: string;
  icon: IconName;
  name: string;
  /** Two keys one after the other. */
  keys: string;
  permission: Permission;
  count?(counts: ShellCounts): { n: number; warn?: boolean };
}

const work: readonly Entry[] = [
  { path: "/", icon: "layout-dashboard", name: "Overview", keys: "g o", permission: "read" },
  {
    path: "/incidents",
    icon: "siren",
    name: "Incidents",
    keys: "g i",
    permission: "read",
    count: ({ openIncidents }) => ({ n: openIncidents }),
  },
  {
    path: "/cases",
    icon: "layers",
    name: "Cases",
    keys: "g c",
    permission: "read",
    count: ({ activeCases }) => ({ n: activeCases }),
  },
  { path: "/alerts", icon: "bell", name: "Alerts", keys: "g a", permission: "read" },
  {
    path: "/deliveries",
    icon: "send",
    name: "Deliveries",
    keys: "g d",
    permission: "read",
    count: ({ stuckDeliveries }) => ({ n: stuckDeliveries, warn: true }),
  },
];

const settings: readonly Entry[] = [
  { path: "/settings/integrations", icon: "plug", name: "Integrations", keys: "g n", permission: "read" },
  { path: "/settings/packs", icon: "package", name: "Packs", keys: "g p", permission: "read" },
  { path: "/settings", icon: "settings", name: "Settings", keys: "g t", permission: "administer" },
  { path: "/users", icon: "users", name: "Users", keys: "g u", permission: "administer" },
  { path: "/keys", icon: "key-round", name: "API keys", keys: "g k", permission: "administer" },
  { path: "/exceptions", icon: "ban", name: "Exceptions", keys: "g e", permission: "read" },
  { path: "/assets", icon: "boxes", name: "Assets", keys: "g s", permission: "read" },
  { path: "/audit", icon: "scroll-text", name: "Audit", keys: "g l", permission: "administer" },
  { path: "/system", icon: "server", name: "System", keys: "g y", permission: "read" },
];

const nextTheme: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const themeWords: Readonly<Record<Theme, string>> = { system: "as the system", light: "light", dark: "dark" };

export interface ShellProps {
  title: string;
  /** Path of the entry that is marked. */
  at: string;
  /** The page's own address, to come back to. */
  here: string;
  caller: ConsoleCaller;
  preferences: Preferences;
  /** Null when they cannot be read at the moment. */
  counts: ShellCounts | null;
  /** What is shown is sample data. */
  isSample: boolean;
  /** Paths of the pages that there are. */
  paths: ReadonlySet<string>;
  said: string | null;
  children: Child;
}

export const Shell = (props: ShellProps) => {
  const { title, at, here, caller, preferences, counts, isSample, paths, said, children } = props;
  const isShown = ({ path, permission }: Entry) => paths.has(path) && may(caller, permission);
  const entries = (list: readonly Entry[]) =>
    list.filter(isShown).map((entry) => <NavigationEntry entry={entry} isHere={entry.path === at} counts={counts} />);
  return (
    <Document
      title={title}
      theme={preferences.theme}
      stream={{ user: caller.name }}
      script={/^\/(?:console\/)?settings(?:\/|$)/.test(here) ? assetPaths.settingsJs : assetPaths.js}
    >
      <nav class="vh" aria-label="Skip">
        <a href="#main">To the content</a>
      </nav>
      <header class="topbar">
        <button type="button" class="btn plain" popovertarget="side" aria-label="Menu">
          <Icon n="menu" s={20} />
        </button>
        <a class="brand" href="/">
          <Logo s={24} />
          RhythmX <small>Edge</small>
        </a>
        <a class="btn plain push" href="/search" aria-label="Search">
          <Icon n="search" s={18} />
        </a>
      </header>
      <div class="app">
        <aside class="side" id="side" popover="auto" aria-label="Console">
          <a class="brand" href="/">
            <Logo />
            RhythmX <small>Edge</small>
          </a>
          <nav aria-label="Work" id="nav-work" data-live="*">
            {entries(work)}
          </nav>
          <nav aria-label="System settings">{entries(settings)}</nav>
          <div class="foot">
            <p class="live" id="live" data-user={caller.name}>
              <i />
              <span id="live-words">Shown as of its loading</span>
            </p>
            <p class="live zone">
              <Icon n="clock" s={12} />
              <span>
                Times in <a href="/account#zone">{preferences.zone.replaceAll("_", " ")}</a>
              </span>
            </p>
            <form class="jump" role="search" aria-label="Everything" action="/search">
              <Icon n="search" />
              <input
                class="field"
                type="search"
                name="q"
                placeholder="Search or jump to"
                aria-label="Search or jump to an incident, host, user, alert or ticket"
                maxlength={200}
                data-key="/"
              />
              <kbd>/</kbd>
            </form>
            <Form action="/console/preferences" plain>
              <input type="hidden" name="to" value={here} />
              <button name="theme" value={nextTheme[preferences.theme]}>
                <Icon n="contrast" />
                Theme: {themeWords[preferences.theme]}
              </button>
            </Form>
            <a class="self" href="/account" aria-current={at === "/account" ? "page" : undefined}>
              <Who login={caller.name} />
              <span class="clip">
                <Person login={caller.name} />
              </span>
              <span class="push tiny quiet">{caller.role}</span>
            </a>
            <Form action="/console/sign-out" plain>
              <button>
                <Icon n="log-out" />
                Sign out
              </button>
            </Form>
          </div>
        </aside>
        <main class="main" id="main" tabindex={-1}>
          {isSample ? <SampleBanner mayRemove={may(caller, "administer")} /> : null}
          {children}
        </main>
      </div>
      <p class="said" id="said" role="status" hidden={said === null}>
        {said}
      </p>
      <dialog class="pop" id="dialog" aria-label="Dialog" />
      <Keys entries={[...work, ...settings].filter(isShown)} />
    </Document>
  );
};

const keys: readonly (readonly [string, string])[] = [
  ["/", "search"],
  ["j k", "next and previous row"],
  ["Enter", "open the row"],
  ["x", "tick the row"],
  ["a", "assign the ticked rows to me"],
  ["s", "status of the ticked rows"],
  ["t", "ticket of the row"],
  ["Esc", "close"],
];

/** Opened by `?`. Pages say their own keys in the foot of their tables. */
const Keys = ({ entries }: { entries: readonly Entry[] }) => (
  <Dialog id="keys" title="Keys">
    <dl class="kv">
      {[...keys, ...entries.map((entry) => [entry.keys, entry.name] as const)].map(([key, what]) => (
        <>
          <dt>
            {key.split(" ").map((one) => (
              <>
                <kbd>{one}</kbd>{" "}
              </>
            ))}
          </dt>
          <dd>{what}</dd>
        </>
      ))}
    </dl>
  </Dialog>
);

const NavigationEntry = ({ entry, isHere, counts }: { entry: Entry; isHere: boolean; counts: ShellCounts | null }) => {
  const count = counts === null ? undefined : entry.count?.(counts);
  return (
    <a href={entry.path} aria-current={isHere ? "page" : undefined} data-key={entry.keys}>
      <Icon n={entry.icon} />
      {entry.name}
      {count === undefined || count.n === 0 ? null : (
        <span class={count.warn ? "count warn" : "count"} title={count.warn ? "parked or dead" : "open"}>
          {count.n}
        </span>
      )}
    </a>
  );
};

/** A page without navigation: sign-in, first password, and words for strangers. */
export const Bare = ({ title, theme, children }: { title: string; theme: Theme; children: Child }) => (
  <Document title={title} theme={theme} stream={null}>
    <main class="bare" id="main">
      <p class="brand">
        <Logo s={30} />
        RhythmX <small>Edge</small>
      </p>
      {children}
    </main>
  </Document>
);

interface DocumentProps {
  title: string;
  theme: Theme;
  /** Who is signed in; null = nothing is live. */
  stream: { user: string } | null;
  /** Address of the page's scripts. */
  script?: string;
  children: Child;
}

const Document = ({ title, theme, stream, script = assetPaths.js, children }: DocumentProps) => (
  <html lang="en" data-theme={theme === "system" ? undefined : theme}>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content={theme === "system" ? "light dark" : theme} />
      <title>{title} · RhythmX Edge</title>
      <link rel="icon" href={assetPaths.icon} type="image/svg+xml" />
      <link rel="preload" href={assetPaths.font} as="font" type="font/woff2" crossorigin="anonymous" />
      <link rel="stylesheet" href={assetPaths.css} />
      <script type="module" src={script} />
    </head>
    <body data-stream={stream === null ? undefined : "/console/stream"}>{children}</body>
  </html>
);
