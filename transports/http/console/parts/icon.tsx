/** @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import { type IconName, icons } from "./icons.ts";

export type { IconName };

/** A shape beside words, which say the same: it is not read out. `s`: its side in pixels. */
export const Icon = ({ n, s = 16, c }: { n: IconName; s?: number; c?: string }) => (
  <svg
    width={s}
    height={s}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    class={c}
  >
    {raw(icons[n])}
  </svg>
);

export const Logo = ({ s = 26 }: { s?: number }) => (
  <svg width={s} height={s} viewBox="0 0 26 26" aria-hidden="true">
    <rect width="26" height="26" rx="7" fill="currentColor" />
    <g stroke="#fff" stroke-width="2.2" stroke-linecap="round">
      <path d="M6 15v-4" />
      <path d="M10.6 18.5V7.5" />
      <path d="M15.2 16V10" />
      <path d="M19.8 14.2v-2.4" />
    </g>
  </svg>
);
