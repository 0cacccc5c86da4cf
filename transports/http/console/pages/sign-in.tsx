/** @jsxImportSource hono/jsx */
/** `/sign-in` with its second step, `/password` for who must choose another one, and the sign-out. */
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { EdgeError } from "../../../../core/errors.ts";
import type { ApiContext } from "../../api/route.ts";
import { problem } from "../../problem.ts";
import { bare, isForScript, sentence } from "../answer.tsx";
import { sessionCookie, setSessionCookie } from "../cookies.ts";
import { readForm, refusalOfForm } from "../form-fields.ts";
import { follow, type Gate, leadTo } from "../gate.tsx";
import { isFromElsewhere, isOwnPage, safeReturn } from "../origin.ts";
import { Field } from "../parts/field.tsx";
import { Form } from "../parts/form.tsx";
import { Notice } from "../parts/words.tsx";
import type { ConsoleDependencies, SignIn } from "../ports.ts";

interface OpenRoute {
  method: "GET" | "POST";
  path: string;
  answer(c: ApiContext): Promise<Response>;
}

/** Routes that need no session, or one that opens nothing else yet. */
export function signInRoutes(dependencies: ConsoleDependencies, gate: Gate): OpenRoute[] {
  const steps = new Steps(dependencies, gate);
  return [
    { method: "GET", path: "/sign-in", answer: (c) => steps.show(c) },
    { method: "POST", path: "/sign-in", answer: (c) => steps.take(c) },
    { method: "POST", path: "/console/sign-out", answer: (c) => steps.leave(c) },
    { method: "GET", path: "/password", answer: (c) => steps.askPassword(c) },
  ];
}

class Steps {
  readonly #dependencies: ConsoleDependencies;
  readonly #gate: Gate;

  constructor(dependencies: ConsoleDependencies, gate: Gate) {
    this.#dependencies = dependencies;
    this.#gate = gate;
  }

  async show(c: ApiContext): Promise<Response> {
    const to = safeReturn(c.req.query("to"));
    // From another site a browser brings no cookie: it may well be that this person is signed in.
    if (!isForScript(c) && !isFromElsewhere(c) && this.#gate.callerOf(c) !== null) return leadTo(c, to);
    return this.#page(c, <NameStep to={to} />);
  }

  /** Name and password, or the code of a second factor. */
  async take(c: ApiContext): Promise<Response> {
    const { origin, sessions } = this.#dependencies;
    if (!isOwnPage(c, origin)) return fromElsewhere(c);
    const address = this.#gate.addressOf(c);
    let username = "";
    let pending = "";
    let to = "/";
    try {
      const form = await readForm(c, { address, known: false });
      to = safeReturn(form.text("to", 2_000));
      pending = form.text("pending");
      username = form.text("username");
      const signIn: SignIn =
        pending === ""
          ? await sessions.signIn({ username, password: form.exact("password", 1_024), address })
          : await sessions.confirm({ pending, code: form.text("code").replace(/\s/g, ""), address });
      if ("pending" in signIn) return this.#page(c, <CodeStep to={to} pending={signIn.pending} />);
      return this.#enter(c, signIn.cookie, to);
    } catch (error) {
      const refusal = refusalOfForm(error);
      if (refusal === null) throw error;
      if (refusal.retryAfter !== undefined) c.header("Retry-After", String(refusal.retryAfter));
      const code = error instanceof EdgeError ? error.code : "";
      const said = problems[code]?.(refusal.retryAfter ?? 0) ?? sentence(refusal.detail);
      const staysAtCode = pending !== "" && (code === "totp_wrong" || code === "login_throttled");
      const step = staysAtCode ? (
        <CodeStep to={to} pending={pending} said={said} />
      ) : (
        <NameStep to={to} username={username} said={said} />
      );
      return this.#page(c, step, refusal.status);
    }
  }

  async leave(c: ApiContext): Promise<Response> {
    const { origin, sessions } = this.#dependencies;
    if (!isOwnPage(c, origin)) return fromElsewhere(c);
    const cookie = sessionCookie(c, origin);
    if (cookie !== null) await sessions.signOut(cookie, this.#gate.addressOf(c));
    setSessionCookie(c, origin, null);
    return follow(c, "/sign-in", undefined);
  }

  async askPassword(c: ApiContext): Promise<Response> {
    const caller = this.#gate.callerOf(c);
    const to = safeReturn(c.req.query("to"));
    if (caller === null) return leadTo(c, `/sign-in?to=${encodeURIComponent(to)}`);
    if (!caller.mustChangePassword) return leadTo(c, "/account#password");
    return bare(c, this.#dependencies, { title: "Choose a password", view: <PasswordStep to={to} />, caller });
  }

  #enter(c: ApiContext, cookie: string, to: string): Response {
    const { origin, sessions } = this.#dependencies;
    setSessionCookie(c, origin, cookie);
    const caller = sessions.callerOf(cookie, this.#gate.addressOf(c), true);
    if (caller !== null && isForScript(c)) {
      c.header("X-Form-Token", caller.formToken);
      c.header("X-User", caller.name);
    }
    return leadTo(c, caller?.mustChangePassword ? `/password?to=${encodeURIComponent(to)}` : to);
  }

  #page(c: ApiContext, step: Child, status: ContentfulStatusCode = 200) {
    return bare(c, this.#dependencies, { title: "Sign in", view: step, status });
  }
}

/** What is said to people; the API's words name its fields. */
const problems: Readonly<Record<string, (seconds: number) => string>> = {
  login_refused: () => "Name or password is wrong.",
  login_throttled: (seconds) =>
    `There were too many failed sign-ins. The next one is looked at in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`,
  logins_busy: () => "Too many people are signing in at this moment. Try again in a few seconds.",
  totp_wrong: () => "This code is wrong or was used already. Wait for the next one.",
};

function fromElsewhere(c: ApiContext): Response {
  return problem(c, 403, "Forbidden", "this is taken from pages of the console alone, not from another site");
}

const NameStep = ({ to, username = "", said }: { to: string; username?: string; said?: string }) => (
  <form class="panel sign-in" method="post" action="/sign-in" data-plain="" data-step="">
    <h1>Sign in</h1>
    {said === undefined ? null : <Notice kind="bad">{said}</Notice>}
    <input type="hidden" name="to" value={to} />
    <Field
      label="Name"
      name="username"
      value={username}
      required
      autofocus={username === ""}
      autocomplete="username"
      maxlength={64}
    />
    <Field
      label="Password"
      name="password"
      type="password"
      required
      autofocus={username !== ""}
      autocomplete="current-password"
      maxlength={1024}
    />
    <button class="btn primary">Sign in</button>
  </form>
);

const CodeStep = ({ to, pending, said }: { to: string; pending: string; said?: string }) => (
  <form class="panel sign-in" method="post" action="/sign-in" data-plain="" data-step="">
    <h1>Second step</h1>
    {said === undefined ? null : <Notice kind="bad">{said}</Notice>}
    <input type="hidden" name="to" value={to} />
    <input type="hidden" name="pending" value={pending} />
    <Field
      label="Code of your authenticator app, or a recovery code"
      name="code"
      required
      autofocus
      autocomplete="one-time-code"
      maxlength={32}
      hint="Six digits, a new one every 30 seconds. Without the app: one of your recovery codes, which works once."
      mono
    />
    <button class="btn primary">Sign in</button>
    <a class="small" href={`/sign-in?to=${encodeURIComponent(to)}`}>
      Begin again
    </a>
  </form>
);

const PasswordStep = ({ to }: { to: string }) => (
  <Form class="panel sign-in" action="/console/password">
    <h1>Choose a password</h1>
    <p class="small soft">The present one was made for you. From now on nobody but you knows it.</p>
    <input type="hidden" name="to" value={to} />
    <PasswordFields />
    <button class="btn primary">Save</button>
  </Form>
);

export const PasswordFields = () => (
  <>
    <Field
      label="Present password"
      name="current_password"
      type="password"
      required
      autocomplete="current-password"
      maxlength={1024}
    />
    <Field
      label="New password"
      name="new_password"
      type="password"
      required
      autocomplete="new-password"
      maxlength={1024}
      hint="12 characters or more: a few words that nobody would guess."
    />
  </>
);
