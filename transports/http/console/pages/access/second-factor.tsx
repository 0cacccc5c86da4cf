/** @jsxImportSource hono/jsx */
/** One's own second factor: the authenticator app, and the recovery codes for when it is not at hand. */
import { UsageError } from "../../../../../core/errors.ts";
import type { Action, Shown } from "../../page.ts";
import { Field } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Qr } from "../../parts/qr/qr.tsx";
import { State } from "../../parts/state.tsx";
import { Notice, Panel } from "../../parts/words.tsx";

/** Fewer are a warning. */
const fewCodes = 3;

const Password = ({ of }: { of: string }) => (
  <Field
    label="Your password"
    name="password"
    of={of}
    type="password"
    required
    autocomplete="current-password"
    maxlength={1024}
  />
);

export const SecondFactor = ({ isSet, codesLeft }: { isSet: boolean; codesLeft: number }) => (
  <Panel
    title="Second factor"
    id="second-factor"
    actions={isSet ? <State kind="good">Set up</State> : <State kind="idle">None</State>}
  >
    <Form class="form one" action={isSet ? "/console/second-factor/remove" : "/console/second-factor/begin"}>
      <p class="small soft">
        {isSet
          ? "A sign-in takes a code of your authenticator app besides the password."
          : "With an authenticator app on your phone, a stolen password alone opens nothing."}
      </p>
      <Password of="factor-" />
      <button class="btn">{isSet ? "Remove second factor" : "Set up second factor"}</button>
    </Form>
    {isSet ? (
      <Form class="form one flush" action="/console/second-factor/codes">
        <p class="row spread">
          <b>Recovery codes</b>
          <State kind={codesLeft === 0 ? "bad" : codesLeft <= fewCodes ? "wait" : "good"}>{`${codesLeft} left`}</State>
        </p>
        <p class="small soft">
          Each takes the place of a code of the app, once: for a phone that is lost or at home. A new set ends the old
          one.
        </p>
        <Password of="codes-" />
        <button class="btn">New recovery codes</button>
      </Form>
    ) : null}
  </Panel>
);

/** The secret is shown once, on the answer itself. */
function secretPage({ secret, otpauth_uri }: { secret: string; otpauth_uri: string }): Shown {
  return {
    title: "Set up second factor",
    at: "/account",
    view: (
      <>
        <PageHead title="Set up second factor" />
        <Panel title="Your authenticator app" id="secret">
          <div class="form one">
            <Notice kind="run">Point the app's camera at the picture, or enter the key below it.</Notice>
            <Qr text={otpauth_uri} label="QR code of the key below" />
            <p class="mono secret">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</p>
            <p>
              <a class="btn" href={otpauth_uri}>
                Open in the authenticator app
              </a>
            </p>
          </div>
          <Form class="form one flush" action="/console/second-factor/confirm">
            <Field
              label="Code that the app shows"
              name="code"
              required
              autofocus
              autocomplete="one-time-code"
              inputmode="numeric"
              maxlength={16}
              hint="From then on every sign-in takes one."
              mono
            />
            <button class="btn primary">Confirm</button>
          </Form>
        </Panel>
      </>
    ),
  };
}

/** They are on the answer itself, and in the file that is made of it. */
function codesPage(codes: readonly string[]): Shown {
  return {
    title: "Recovery codes",
    at: "/account",
    view: (
      <>
        <PageHead
          title="Recovery codes"
          sub="Keep them where you find them without your phone: printed, or in a password manager."
        />
        <Panel title="Keep them now" id="codes">
          <div class="body stack" data-once="">
            <Notice kind="wait">
              They are shown this once. Each signs you in one time, in the place of a code of the app; the password is
              needed as well.
            </Notice>
            <ol class="numbered mono secret-list" id="code-list">
              {codes.map((code) => (
                <li>{code}</li>
              ))}
            </ol>
            <Form action="/console/second-factor/file" class="row" plain>
              {codes.map((code) => (
                <input type="hidden" name="code" value={code} />
              ))}
              <button class="btn primary">
                <Icon n="download" />
                Save as text
              </button>
              <button type="button" class="btn scripted" data-copy="#code-list">
                <Icon n="copy" />
                Copy codes
              </button>
              <a class="btn plain" href="/account#second-factor">
                Done
              </a>
            </Form>
          </div>
        </Panel>
      </>
    ),
  };
}

function codesFile(codes: readonly string[], user: string, at: string): string {
  const lines = codes.map((code, number) => `${String(number + 1).padStart(2)}  ${code}`);
  return [
    `RhythmX Edge: recovery codes of ${user}, ${at} UTC`,
    "Each signs you in once, with your password, in the place of a code of the authenticator app.",
    "",
    ...lines,
    "",
  ].join("\r\n");
}

const own = { permission: "self" } as const;

export const secondFactorActions: readonly Action[] = [
  {
    ...own,
    path: "/console/second-factor/begin",
    run: async ({ caller, form, ports }) =>
      secretPage((await ports.api.logins.beginTotp(caller, form.exact("password", 1_024))) as never),
  },
  {
    ...own,
    path: "/console/second-factor/confirm",
    run: async ({ caller, form, ports }) => {
      const code = form.required("code", 16).replace(/\s/g, "");
      return codesPage(await ports.api.logins.confirmTotp(caller, code, true));
    },
  },
  {
    ...own,
    path: "/console/second-factor/codes",
    run: async ({ caller, form, ports }) =>
      codesPage(await ports.api.logins.newRecoveryCodes(caller, form.exact("password", 1_024))),
  },
  {
    ...own,
    path: "/console/second-factor/file",
    run: async ({ caller, form, viewing: { now } }) => {
      const codes = form.all("code").slice(0, 20);
      // It gives back what the page had, and nothing else.
      if (codes.length === 0 || codes.some((code) => !/^[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}$/.test(code)))
        throw new UsageError("code: recovery codes as they were shown");
      const at = new Date(now).toISOString().slice(0, 16).replace("T", " ");
      return {
        file: "recovery-codes.txt",
        type: "text/plain; charset=utf-8",
        body: codesFile(codes, caller.name, at),
      };
    },
  },
  {
    ...own,
    path: "/console/second-factor/remove",
    run: async ({ caller, form, ports }) => {
      await ports.api.logins.removeTotp(caller, form.exact("password", 1_024));
      return { to: "/account", said: "The second factor is removed, and its recovery codes with it." };
    },
  },
];
