import pg from "pg";

/** How text from the server becomes a value; `format` is `text` or `binary`. */
export type Parse = (value: string) => unknown;

interface Parsers {
  getTypeParser(oid: number, format?: "text" | "binary"): Parse;
}

export interface Types extends Parsers {
  setTypeParser(oid: number, format: "text" | "binary" | Parse, parse?: Parse): void;
}

/** `pg.types` of one instance or one client: what it sets lies over `base` and changes nothing for others. */
export function createTypes(base: Parsers = pg.types as Parsers): Types {
  const parsers = new Map<string, Parse>();
  return {
    ...pg.types,
    setTypeParser(oid, format, parse) {
      if (typeof format === "function") parsers.set(`text ${oid}`, format);
      else if (parse) parsers.set(`${format} ${oid}`, parse);
    },
    getTypeParser: (oid, format = "text") =>
      parsers.get(`${format} ${oid}`) ?? base.getTypeParser(oid, format),
  };
}
