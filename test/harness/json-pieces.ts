/** JSON text compared by its text, because JSON.parse ruins integers beyond 2^53 and forgets repeated keys. */

/** The text in pieces: strings by their value, everything else as written. Equal pieces mean equal digits, keys and order. */
export function jsonPieces(text: string): string[] {
  const pieces = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g) ?? [];
  return pieces.map((piece) => (piece.startsWith('"') ? `"${JSON.parse(piece)}` : piece));
}
