/** A page and an action of the console: one object each, which says its address, who may use it, and what it does. */
import type { Child } from "hono/jsx";
import type { Permission } from "../../../core/access/caller.ts";
import type { ApiContext } from "../api/route.ts";
import type { Preferences } from "./cookies.ts";
import type { FormFields } from "./form-fields.ts";
import type { Viewing } from "./parts/viewing.ts";
import type { ConsoleCaller, ConsolePorts } from "./ports.ts";

export interface PageRequest {
  c: ApiContext;
  /** As the browser asked for it. */
  url: URL;
  caller: ConsoleCaller;
  viewing: Viewing;
  preferences: Preferences;
  /** What can be read and done, always on behalf of `caller`. */
  ports: ConsolePorts;
  param(name: string): string;
}

export interface Page<Data> {
  /** As hono writes it: `/incidents/:id`. */
  path: string;
  permission: Permission;
  /** The entry of the navigation that is marked: its path. */
  at: string;
  title(data: Data): string;
  /** @throws EdgeError, UsageError, StoreError: they become a page with their words; `Elsewhere` leads on */
  load(request: PageRequest): Promise<Data>;
  /** Without I/O, and not async. */
  view(data: Data, request: PageRequest): Child;
}

export interface ActionRequest extends PageRequest {
  form: FormFields;
  /** Whether the person may still do this: for files that take a while. */
  mayGoOn(): boolean;
}

/** `to`: the page that follows; `said`: what it tells the person. */
export interface Done {
  to: string;
  said?: string;
}

/** In place of another page, for what is shown once, such as a new key. */
export interface Shown {
  title: string;
  at: string;
  view: Child;
  /** 200 unless given; 422 where what was sent is refused. */
  status?: 200 | 412 | 422;
}

/** A file for the browser to save. The form that asks for it is `plain`. */
export interface Saved {
  /** Its name: letters, digits, dots, hyphens. */
  file: string;
  type: string;
  body: string | ReadableStream<Uint8Array>;
}

export interface Action {
  /** `/console/…`; always POST. */
  path: string;
  permission: Permission;
  /** The most bytes of the form; absent = 1 MiB. */
  most?: number;
  /** Open to a person who has to choose another password first. */
  withInitialPassword?: boolean;
  /** @throws EdgeError, UsageError, StoreError: refused with their words, and nothing typed is lost */
  run(request: ActionRequest): Promise<Done | Shown | Saved>;
}

/** Thrown by `load`: the browser is led to another page. */
export class Elsewhere extends Error {
  readonly to: string;

  constructor(to: string) {
    super(`the page is at ${to}`);
    this.to = to;
  }
}

/** A page of any data, for the table of contents. */
export type AnyPage = Page<unknown>;

/** Makes a page whose `view` gets the type that `load` gives. */
export function page<Data>(definition: Page<Data>): AnyPage {
  return definition as AnyPage;
}
