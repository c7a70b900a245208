import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CaptureError } from "../capture/errors.ts";
import { createJsonCursor } from "./json-cursor.ts";

const cursorOf = (text: string) => createJsonCursor(Buffer.from(text));

test("passes over any JSON value exactly, however it is written", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1, "\t"), (json, space) => {
      const text = JSON.stringify(JSON.parse(json), null, space);
      const cursor = cursorOf(`[ ${text} , 7 ] `);
      const seen: unknown[] = [];
      let first = true;
      cursor.eachItem(() => {
        if (first) cursor.skip();
        else seen.push(cursor.read(10));
        first = false;
      });
      cursor.end();
      expect(seen).toEqual([7]);
    }),
  );
});

test("reads the fields of any object as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 40 }), fc.jsonValue({ maxDepth: 3 })), (object) => {
      const text = JSON.stringify(object);
      const fields: [string, unknown][] = [];
      const cursor = cursorOf(text);
      cursor.eachField((name) => fields.push([name, cursor.read(1_000_000)]));
      expect(fields).toEqual(Object.entries(JSON.parse(text) as object));
    }),
  );
});

test("never runs past the end: what is cut off anywhere is a 400", () => {
  const text = '{"a": [1, {"b": "c\\"\\\\"}], "d": true}';
  for (let length = 0; length < text.length; length++) {
    expect(() => {
      const cursor = cursorOf(text.slice(0, length));
      cursor.eachField(() => cursor.skip());
      cursor.end();
    }).toThrow(CaptureError);
  }
});

test("passes over what is larger than it may be", () => {
  const cursor = cursorOf('["long", "ok"]');
  const read: unknown[] = [];
  cursor.eachItem(() => read.push(cursor.read(5)));
  expect(read).toEqual([undefined, "ok"]);
});
