/** @jsxImportSource hono/jsx */
/** A dialog of the page itself. What a link with `data-dialog` fetches is shown in one that the layout has. */
import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

export const Dialog = ({ id, title, children, foot }: { id: string; title: string; children: Child; foot?: Child }) => (
  <dialog class="pop" id={id} aria-labelledby={`${id}-title`}>
    <header>
      <h2 id={`${id}-title`}>{title}</h2>
      <form method="dialog" class="push">
        <button class="btn plain" aria-label="Close" value="close">
          <Icon n="x" s={18} />
        </button>
      </form>
    </header>
    <div class="body">{children}</div>
    {foot === undefined ? null : <footer>{foot}</footer>}
  </dialog>
);
