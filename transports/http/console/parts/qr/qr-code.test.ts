/** Read again by a decoder of its own. */
import { expect, test } from "bun:test";
import jsQR from "jsqr";
import { qrCode } from "./qr-code.ts";

/** The text that a camera reads; modules of four pixels, with the margin. */
function read(code: readonly boolean[][]): string | null {
  const side = (code.length + 8) * 4;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (code[Math.floor(y / 4) - 4]?.[Math.floor(x / 4) - 4])
        pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
  return jsQR(pixels, side, side)?.data ?? null;
}

test.each([1, 14, 15, 26, 42, 62, 84, 106, 122, 152, 180, 181, 213])("a text of %d bytes", (length) => {
  const text = Array.from({ length }, (_, i) => "otpauth://totp/RhythmX%20Edge:m.keller?secret="[i % 46]).join("");
  const code = qrCode(text);
  expect(code?.length).toBeGreaterThanOrEqual(21);
  expect(read(code ?? [])).toBe(text);
});

test("letters beyond ASCII, and a text that is too long", () => {
  expect(read(qrCode("Zugang für Größe 💡") ?? [])).toBe("Zugang für Größe 💡");
  expect(qrCode("x".repeat(214))).toBeNull();
});
