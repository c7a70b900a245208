import { unparsable } from "../capture/errors.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LAST_SPACE = 0x20;

const utf8 = new TextDecoder();

/** A place in JSON that is read where it lies. Every function consumes exactly one value, or throws a CaptureError 400. */
export interface JsonCursor {
  /** What the value at this place is. */
  kind(): "object" | "list" | "other";
  /** Calls `item` at each item, which must consume it. */
  eachItem(item: () => void): void;
  /** Calls `field` at each value, which must consume it. Absurdly long names are "". */
  eachField(field: (name: string) => void): void;
  /** Passes over a value of any size, at any depth. */
  skip(): void;
  /** The value, parsed; undefined, and passed over, when it takes more than `maxBytes`. */
  read(maxBytes: number): unknown;
  /** Throws when anything but white space follows. */
  end(): void;
}

/** Nobody asks for a name longer than this. */
const MAX_NAME_BYTES = 256;

/**
 * Reads JSON bytes without making a text or objects of them: a recording of 32 MB costs no memory beyond itself. What is
 * passed over is not proved to be JSON in every detail; strings end and brackets close.
 */
export function createJsonCursor(bytes: Uint8Array): JsonCursor {
  let at = 0;

  const peek = (): number => {
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) throw unparsable("the JSON ends too early");
      if (byte > LAST_SPACE) return byte;
      at++;
    }
  };
  const expect = (byte: number) => {
    if (peek() !== byte) {
      throw unparsable(`expected ${String.fromCharCode(byte)} at byte ${at}`);
    }
    at++;
  };
  const skipString = () => {
    expect(QUOTE);
    for (;;) {
      const byte = bytes[at++];
      if (byte === QUOTE) return;
      if (byte === BACKSLASH) at++;
      else if (byte === undefined) throw unparsable("a string does not end");
    }
  };
  /** Passes over a number, `true`, `false` or `null`. */
  const skipWord = () => {
    const start = at;
    for (;;) {
      const byte = bytes[at] ?? CLOSE_BRACE;
      if (byte <= LAST_SPACE || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
      at++;
    }
    if (at === start) throw unparsable(`expected a value at byte ${at}`);
  };
  const skip = () => {
    let depth = 0;
    const first = peek();
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return first === QUOTE ? skipString() : skipWord();
    do {
      const byte = bytes[at];
      if (byte === QUOTE) {
        skipString();
        continue;
      }
      if (byte === undefined) throw unparsable("the JSON ends too early");
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
      at++;
    } while (depth > 0);
  };
  const read = (maxBytes: number): unknown => {
    peek();
    const start = at;
    skip();
    if (at - start > maxBytes) return undefined;
    try {
      return JSON.parse(utf8.decode(bytes.subarray(start, at)));
    } catch (error) {
      throw unparsable((error as SyntaxError).message, error);
    }
  };
  /** Calls `each` between brackets, separated by commas. */
  const between = (open: number, close: number, each: () => void) => {
    expect(open);
    if (peek() !== close) {
      for (;;) {
        each();
        if (peek() !== COMMA) break;
        at++;
      }
    }
    expect(close);
  };

  return {
    skip,
    read,
    kind() {
      const first = peek();
      return first === OPEN_BRACE ? "object" : first === OPEN_BRACKET ? "list" : "other";
    },
    eachItem: (item) => between(OPEN_BRACKET, CLOSE_BRACKET, item),
    eachField: (field) =>
      between(OPEN_BRACE, CLOSE_BRACE, () => {
        if (peek() !== QUOTE) throw unparsable(`expected a name at byte ${at}`);
        const name = read(MAX_NAME_BYTES);
        expect(COLON);
        field(typeof name === "string" ? name : "");
      }),
    end() {
      while (at < bytes.byteLength) {
        if ((bytes[at] ?? 0) > LAST_SPACE) throw unparsable(`unexpected text at byte ${at}`);
        at++;
      }
    },
  };
}
