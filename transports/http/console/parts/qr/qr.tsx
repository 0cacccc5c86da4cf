/** @jsxImportSource hono/jsx */
import { qrCode } from "./qr-code.ts";

/** A text as a QR code, dark on light in both themes, since not every reader takes the opposite. Nothing for a text that is too long. */
export const Qr = ({ text, label }: { text: string; label: string }) => {
  const code = qrCode(text);
  if (code === null) return null;
  const side = code.length + 8;
  const path = code
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} width="196" height="196" role="img" aria-label={label}>
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
};
